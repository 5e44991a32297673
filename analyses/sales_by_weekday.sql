with daily_sales as (
    select * from {{ ref('daily_sales') }}
)

select
    day_of_week,
    count(*) as days,
    sum(total_sales) as total_sales,
    sum(total_sales) / count(*) as sales_per_day,
    cast(sum(order_count) as decimal(38, 2)) / count(*) as orders_per_day,
    cast(sum(total_sales) as decimal(38, 6))
    / nullif(sum(sum(total_sales)) over (), 0) as sales_share
from daily_sales
where is_complete
group by day_of_week
order by day_of_week
