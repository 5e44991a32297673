with department_analytics as (
    select * from {{ ref('department_analytics') }}
)

select
    sales_rank,
    department,
    total_sales,
    sales_share,
    order_penetration,
    avg_department_spend_per_customer,
    sell_through_rate,
    top_product_id
from department_analytics
where period_type = 'all'
order by sales_rank, department
