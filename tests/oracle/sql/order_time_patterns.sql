-- One row per weekday and hour, hours without an order kept; no row at all without any order.

create table gold.order_time_patterns as
with all_orders as (
    select count(*) as order_count
    from silver.orders
    having count(*) > 0
),

cells as (
    select
        weekdays.day_of_week,
        hours.hour
    from range(1, 8) as weekdays (day_of_week)
    cross join range(24) as hours (hour)
),

final as (
    select
        cast(cells.day_of_week as integer) as day_of_week,
        cast(cells.hour as integer) as hour,

        count(orders.order_id) as orders,
        cast(coalesce(sum(orders.total_amount), 0) as decimal(18, 2)) as sales,
        share(count(orders.order_id), all_orders.order_count) as share
    from cells
    cross join all_orders
    left join silver.orders as orders
        on cells.day_of_week = orders.day_of_week and cells.hour = orders.hour_of_day
    group by cells.day_of_week, cells.hour, all_orders.order_count
)

select * from final;
