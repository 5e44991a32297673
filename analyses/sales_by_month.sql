with daily_sales as (
    select * from {{ ref('daily_sales') }}
),

ranked as (
    select
        *,
        row_number() over (
            partition by order_month order by total_sales desc, order_date asc
        ) as place
    from daily_sales
)

select
    order_month,
    count(*) as days,
    sum(total_sales) as total_sales,
    sum(order_count) as order_count,
    sum(total_sales) / nullif(sum(order_count), 0) as avg_order_value,
    sum(total_sales) / count(*) as sales_per_day,
    min(case when place = 1 then order_date end) as best_day
from ranked
group by order_month
order by order_month
