with product_performance as (
    select * from {{ ref('product_performance') }}
)

select
    product_id,
    product_name,
    department,
    quantity_prev_7d,
    quantity_last_7d,
    trend_pct,
    incomplete_days_last_7d,
    incomplete_days_prev_7d,
    quantity_prev_7d - quantity_last_7d as lost_quantity
from product_performance
where is_active and trend_pct < 0
order by lost_quantity desc, product_id asc
limit 50
