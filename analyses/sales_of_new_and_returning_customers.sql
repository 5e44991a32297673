with daily_sales as (
    select * from {{ ref('daily_sales') }}
)

select
    iso_year,
    iso_week,
    sum(new_customer_sales) as new_customer_sales,
    sum(returning_customer_sales) as returning_customer_sales,
    cast(sum(returning_customer_sales) as decimal(38, 6))
    / nullif(sum(total_sales), 0) as returning_share,
    cast(sum(returning_customer_orders) as decimal(38, 6))
    / nullif(sum(order_count), 0) as returning_order_share,
    sum(case when is_complete then 0 else 1 end) as incomplete_days
from daily_sales
group by iso_year, iso_week
order by iso_year, iso_week
