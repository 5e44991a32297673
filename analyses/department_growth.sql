with department_analytics as (
    select * from {{ ref('department_analytics') }}
),

days as (
    select
        department,
        total_sales,
        is_complete,
        date_diff('day', period_start, max(period_start) over ()) as days_ago
    from department_analytics
    where period_type = 'day'
),

weeks as (
    select
        department,
        sum(case when is_complete and days_ago < 7 then total_sales else 0 end) as sales_last_7d,
        sum(case when is_complete and days_ago between 7 and 13 then total_sales else 0 end)
            as sales_prev_7d,
        7 - sum(case when is_complete and days_ago < 7 then 1 else 0 end)
            as incomplete_days_last_7d,
        7 - sum(case when is_complete and days_ago between 7 and 13 then 1 else 0 end)
            as incomplete_days_prev_7d
    from days
    group by department
)

select
    department,
    sales_last_7d,
    sales_prev_7d,
    incomplete_days_last_7d,
    incomplete_days_prev_7d,
    cast(
        sales_last_7d * (7 - incomplete_days_prev_7d)
        - sales_prev_7d * (7 - incomplete_days_last_7d) as decimal(38, 6)
    )
    / nullif(sales_prev_7d * (7 - incomplete_days_last_7d), 0) as growth_pct
from weeks
order by department
