with

order_hours as (

    select * from {{ ref('order_hours') }}

),

calendar as (

    select * from {{ ref('calendar') }}

),

-- a day that is not complete would make its weekday look quiet
cells as (

    select
        calendar.day_of_week,
        order_hours.hour_of_day,
        sum(order_hours.order_count) as orders,
        sum(order_hours.total_sales) as sales
    from order_hours
    inner join calendar
        on order_hours.date = calendar.date
    where calendar.is_complete
    group by
        calendar.day_of_week,
        order_hours.hour_of_day

),

weekday_days as (

    select
        day_of_week,
        count_if(is_complete) as complete_days
    from calendar
    group by day_of_week

),

whole as (

    select sum(orders) as all_orders
    from cells

),

sevens as (

    select explode(sequence(1, 7)) as day_of_week

),

-- a weekday whose days are all incomplete is not known; one that has no day is as it was
weekdays as (

    select
        sevens.day_of_week,
        coalesce(weekday_days.complete_days, 0) as complete_days,
        coalesce(weekday_days.complete_days > 0, true) as is_known
    from sevens
    left join weekday_days
        on sevens.day_of_week = weekday_days.day_of_week

),

hours as (

    select explode(sequence(0, 23)) as hour

),

final as (

    select
        -- keys
        weekdays.day_of_week,
        hours.hour,

        -- amounts
        cast({{ known('cells.sales', 'weekdays.is_known') }} as decimal(18, 2)) as sales,

        -- counts
        {{ known('cells.orders', 'weekdays.is_known') }} as orders,
        weekdays.complete_days,

        -- rates
        {{ share(known('cells.orders', 'weekdays.is_known'), 'whole.all_orders') }} as share,

        -- audit
        current_timestamp() as last_updated_timestamp,
        {{ run_id() }} as _run_id
    from weekdays
    cross join hours
    inner join whole
        on whole.all_orders > 0
    left join cells
        on
            weekdays.day_of_week = cells.day_of_week
            and hours.hour = cells.hour_of_day

)

select * from final
