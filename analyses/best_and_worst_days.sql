with daily_sales as (
    select * from {{ ref('daily_sales') }}
),

ranked as (
    select
        order_date,
        total_sales,
        order_count,
        is_complete,
        row_number() over (order by total_sales desc, order_date asc) as best_place,
        case
            when is_complete
                then
                    row_number() over (
                        partition by is_complete order by total_sales, order_date
                    )
        end as worst_place
    from daily_sales
    where total_sales is not null
)

select
    order_date,
    total_sales,
    order_count,
    best_place,
    worst_place,
    is_complete
from ranked
where best_place <= 5 or worst_place <= 5
order by best_place
