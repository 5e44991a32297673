with customer_insights as (
    select * from {{ ref('customer_insights') }}
)

select
    customer_segment,
    count(*) as customers,
    cast(count(*) as decimal(38, 6)) / sum(count(*)) over () as customer_share,
    sum(total_spend) as total_spend,
    cast(sum(total_spend) as decimal(38, 6))
    / nullif(sum(sum(total_spend)) over (), 0) as spend_share,
    sum(total_spend) / count(*) as avg_spend,
    sum(case when is_overdue then 1 else 0 end) as overdue_customers
from customer_insights
group by customer_segment
order by customers desc, customer_segment asc
