with

order_hours as (

    select * from {{ ref('order_hours') }}

),

cells as (

    select
        {{ iso_weekday('date') }} as day_of_week,
        hour_of_day,
        sum(order_count) as orders,
        sum(total_sales) as sales
    from order_hours
    group by
        {{ iso_weekday('date') }},
        hour_of_day

),

whole as (

    select sum(orders) as all_orders
    from cells

),

weekdays as (

    select explode(sequence(1, 7)) as day_of_week

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
        cast(coalesce(cells.sales, 0) as decimal(18, 2)) as sales,

        -- counts
        coalesce(cells.orders, 0) as orders,

        -- rates
        {{ share('coalesce(cells.orders, 0)', 'whole.all_orders') }} as share,

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
