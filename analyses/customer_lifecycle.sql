with customer_insights as (
    select * from {{ ref('customer_insights') }}
)

select
    lifecycle_stage,
    count(*) as customers,
    sum(case when is_repeat_customer then 1 else 0 end) as repeat_customers,
    cast(sum(case when is_repeat_customer then 1 else 0 end) as decimal(38, 6))
    / count(*) as repeat_rate,
    sum(total_spend) as total_spend
from customer_insights
group by lifecycle_stage
order by customers desc, lifecycle_stage asc
