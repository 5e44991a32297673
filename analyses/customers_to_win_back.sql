with customer_insights as (
    select * from {{ ref('customer_insights') }}
)

select
    user_id,
    customer_segment,
    total_orders,
    total_spend,
    last_order_date,
    days_since_last_order,
    expected_next_order_date,
    favorite_department
from customer_insights
where
    customer_segment in ('cannot_lose', 'at_risk')
    or (is_overdue and customer_segment in ('champions', 'loyal', 'needs_attention'))
order by total_spend desc, user_id asc
limit 100
