with product_performance as (
    select * from {{ ref('product_performance') }}
)

select
    product_id,
    product_name,
    department,
    customer_count,
    repeat_customer_rate,
    avg_days_between_orders
from product_performance
where customer_count >= 3
order by repeat_customer_rate desc, customer_count desc, product_id asc
limit 20
