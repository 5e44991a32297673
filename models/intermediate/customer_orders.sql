with

orders as (

    select * from {{ ref('orders') }}

),

as_of as (

    select {{ as_of_date('date') }} as as_of_date
    from orders

),

orders_until as (

    select
        orders.user_id,
        orders.date,
        orders.day_of_week,
        orders.hour_of_day,
        orders.total_amount,
        as_of.as_of_date,
        min(orders.date) over (partition by orders.user_id) as first_order_date,
        datediff(
            orders.date,
            lag(orders.date) over (
                partition by orders.user_id order by orders.order_timestamp, orders.order_id
            )
        ) as gap_days
    from orders
    inner join as_of
        on orders.date <= as_of.as_of_date

),

-- the median of whole days is exact: it has halves, which a double holds as they are
customers as (

    select
        user_id,
        as_of_date,
        first_order_date,
        cast(percentile(gap_days, 0.5) as decimal(9, 2)) as median_days_between_orders,
        max(date) as last_order_date,
        count(*) as total_orders,
        sum(total_amount) as total_spend,
        min(total_amount) as min_order_value,
        max(total_amount) as max_order_value,
        sum(if(date > date_sub(as_of_date, 30), 1, 0)) as orders_30d,
        sum(if(date > date_sub(as_of_date, 30), total_amount, 0)) as spend_30d,
        sum(if(date > date_sub(as_of_date, 90), 1, 0)) as orders_90d,
        sum(if(date > date_sub(as_of_date, 90), total_amount, 0)) as spend_90d,
        sum(if(date < date_add(first_order_date, 90), total_amount, 0)) as first_90d_spend
    from orders_until
    group by
        user_id,
        as_of_date,
        first_order_date

),

-- orders by weekday and orders by hour: a row has one of the two
clock_orders as (

    select
        user_id,
        day_of_week,
        hour_of_day,
        count(*) as order_count
    from orders_until
    group by grouping sets (
        (user_id, day_of_week),
        (user_id, hour_of_day)
    )

),

-- most orders; a weekday or an hour is below 100, so of equal counts the lowest one wins
favorites as (

    select
        user_id,
        max_by(day_of_week, order_count * 100 - day_of_week) as favorite_day_of_week,
        max_by(hour_of_day, order_count * 100 - hour_of_day) as favorite_hour
    from clock_orders
    group by user_id

),

final as (

    select
        -- keys
        customers.user_id,

        -- attributes
        favorites.favorite_day_of_week,
        favorites.favorite_hour,

        -- amounts
        customers.total_spend,
        customers.min_order_value,
        customers.max_order_value,
        customers.spend_30d,
        customers.spend_90d,
        customers.first_90d_spend,

        -- counts
        customers.total_orders,
        customers.orders_30d,
        customers.orders_90d,

        -- times
        customers.as_of_date,
        customers.first_order_date,
        customers.last_order_date,
        customers.median_days_between_orders
    from customers
    inner join favorites
        on customers.user_id = favorites.user_id

)

select * from final
