with daily_sales as (
    select * from {{ ref('daily_sales') }}
)

select
    order_date,
    files_expected,
    files_received,
    rejected_rows,
    total_sales
from daily_sales
where not is_complete or rejected_rows > 0
order by order_date
