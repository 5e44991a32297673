with daily_sales as (
    select * from {{ ref('daily_sales') }}
),

ranked as (
    select
        order_date,
        total_sales,
        order_count,
        row_number() over (order by total_sales desc, order_date asc) as best_place,
        row_number() over (order by total_sales, order_date) as worst_place,
        files_received >= files_expected as is_complete
    from daily_sales
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
