with daily_sales as (
    select * from {{ ref('daily_sales') }}
)

select
    order_date,
    total_sales,
    order_count,
    avg_order_value,
    sales_wow_pct,
    sales_ma7,
    ma7_days_observed,
    is_complete
from daily_sales
order by order_date
