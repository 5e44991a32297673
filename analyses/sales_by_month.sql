with daily_sales as (
    select * from {{ ref('daily_sales') }}
),

ranked as (
    select
        *,
        row_number() over (
            partition by order_month order by total_sales desc nulls last, order_date asc
        ) as place
    from daily_sales
)

select
    order_month,
    count(*) as days,
    sum(total_sales) as total_sales,
    sum(order_count) as order_count,
    sum(total_sales) / nullif(sum(order_count), 0) as avg_order_value,
    sum(case when is_complete then total_sales end)
    / nullif(sum(case when is_complete then 1 else 0 end), 0) as sales_per_day,
    sum(case when is_complete then 0 else 1 end) as incomplete_days,
    min(case when place = 1 and total_sales is not null then order_date end) as best_day
from ranked
group by order_month
order by order_month
