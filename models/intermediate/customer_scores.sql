with

orders as (

    select * from {{ ref('orders') }}

),

as_of as (

    select {{ as_of_date('date') }} as as_of_date
    from orders

),

-- the day that gold looks back from, and the one that segments are compared with
days as (

    select
        explode(
            array_distinct(
                array(as_of_date, date_sub(as_of_date, {{ var('segment_compare_days') }}))
            )
        ) as as_of_date
    from as_of

),

orders_until as (

    select
        days.as_of_date,
        orders.user_id,
        orders.date,
        orders.total_amount,
        orders.date > date_sub(
            days.as_of_date, {{ var('rfm_lookback_days') }}
        ) as is_in_lookback
    from orders
    inner join days
        on orders.date <= days.as_of_date

),

customers as (

    select
        as_of_date,
        user_id,
        datediff(as_of_date, max(date)) as days_since_last_order,
        sum(if(is_in_lookback, 1, 0)) as lookback_orders,
        sum(if(is_in_lookback, total_amount, 0)) as lookback_spend
    from orders_until
    group by
        as_of_date,
        user_id

),

-- ranks only among those who ordered in the lookback; equal values get equal scores
active_scores as (

    select
        as_of_date,
        user_id,
        {{ rfm_score('as_of_date', 'days_since_last_order desc') }} as recency_score,
        {{ rfm_score('as_of_date', 'lookback_orders') }} as frequency_score,
        {{ rfm_score('as_of_date', 'lookback_spend') }} as monetary_score
    from customers
    where lookback_orders > 0

),

final as (

    select
        -- keys
        customers.as_of_date,
        customers.user_id,

        -- scores
        coalesce(active_scores.recency_score, 1) as recency_score,
        coalesce(active_scores.frequency_score, 1) as frequency_score,
        coalesce(active_scores.monetary_score, 1) as monetary_score
    from customers
    left join active_scores
        on
            customers.as_of_date = active_scores.as_of_date
            and customers.user_id = active_scores.user_id

)

select * from final
