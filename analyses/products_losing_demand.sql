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
    quantity_prev_7d - quantity_last_7d as lost_quantity
from product_performance
where is_active and quantity_last_7d < quantity_prev_7d
order by lost_quantity desc, product_id asc
limit 50
