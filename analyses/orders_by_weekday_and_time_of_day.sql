with order_time_patterns as (
    select * from {{ ref('order_time_patterns') }}
)

select
    day_of_week,
    max(complete_days) as complete_days,
    sum(case when hour < 6 then orders end) as night_orders,
    sum(case when hour between 6 and 11 then orders end) as morning_orders,
    sum(case when hour between 12 and 17 then orders end) as afternoon_orders,
    sum(case when hour >= 18 then orders end) as evening_orders,
    sum(orders) as orders
from order_time_patterns
group by day_of_week
order by day_of_week
