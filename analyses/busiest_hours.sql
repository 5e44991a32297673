with order_time_patterns as (
    select * from {{ ref('order_time_patterns') }}
)

select
    hour,
    sum(orders) as orders,
    sum(sales) as sales,
    sum(share) as share,
    dense_rank() over (order by sum(orders) desc) as place
from order_time_patterns
group by hour
order by hour
