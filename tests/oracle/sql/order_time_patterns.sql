-- One row per weekday and hour, hours without an order kept; no row at all without any order. Only
-- complete days speak; of a weekday that has none, though it has others, nothing is known.

create table gold.order_time_patterns as
with complete_orders as (
    select orders.*
    from silver.orders as orders
    inner join silver.known_days as known_days
        on orders.date = known_days.date and known_days.is_complete
),

all_orders as (
    select count(*) as order_count
    from complete_orders
    having count(*) > 0
),

weekdays_of_data as (
    select
        isodow(date) as day_of_week,
        count(*) filter (where is_complete) as complete_days
    from silver.known_days
    group by isodow(date)
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

        coalesce(any_value(weekdays_of_data.complete_days), 0) as complete_days,
        if(any_value(weekdays_of_data.complete_days) = 0, null, count(orders.order_id)) as orders,
        cast(
            if(any_value(weekdays_of_data.complete_days) = 0, null, coalesce(sum(orders.total_amount), 0))
            as decimal(18, 2)
        ) as sales,
        if(
            any_value(weekdays_of_data.complete_days) = 0,
            null,
            share(count(orders.order_id), all_orders.order_count)
        ) as share
    from cells
    cross join all_orders
    left join weekdays_of_data on cells.day_of_week = weekdays_of_data.day_of_week
    left join complete_orders as orders
        on cells.day_of_week = orders.day_of_week and cells.hour = orders.hour_of_day
    group by cells.day_of_week, cells.hour, all_orders.order_count
)

select * from final;
