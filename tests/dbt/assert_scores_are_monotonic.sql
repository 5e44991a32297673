-- When this fires, equal customers get different scores, or a better customer gets a lower one.
with

orders as (

    select * from {{ ref('orders') }}

),

customer_insights as (

    select * from {{ ref('customer_insights') }}

),

lookback as (

    select
        orders.user_id,
        count(*) as order_count,
        sum(orders.total_amount) as spend
    from orders
    inner join customer_insights
        on
            orders.user_id = customer_insights.user_id
            and orders.date <= customer_insights.as_of_date
            and orders.date
            > date_sub(customer_insights.as_of_date, {{ var('rfm_lookback_days') }})
    group by orders.user_id

),

-- who did not order in the lookback is below everyone who did
scores as (

    select
        'recency' as measure,
        cast(
            if(lookback.user_id is null, -1000000, -customer_insights.days_since_last_order)
            as decimal(20, 2)
        ) as amount,
        customer_insights.recency_score as score
    from customer_insights
    left join lookback
        on customer_insights.user_id = lookback.user_id
    union all
    select
        'frequency' as measure,
        cast(coalesce(lookback.order_count, 0) as decimal(20, 2)) as amount,
        customer_insights.frequency_score as score
    from customer_insights
    left join lookback
        on customer_insights.user_id = lookback.user_id
    union all
    select
        'monetary' as measure,
        cast(coalesce(lookback.spend, 0) as decimal(20, 2)) as amount,
        customer_insights.monetary_score as score
    from customer_insights
    left join lookback
        on customer_insights.user_id = lookback.user_id

),

amounts as (

    select
        measure,
        amount,
        min(score) as lowest_score,
        max(score) as highest_score
    from scores
    group by
        measure,
        amount

),

steps as (

    select
        *,
        lag(highest_score) over (partition by measure order by amount) as score_below
    from amounts

)

select * from steps
where
    lowest_score <> highest_score
    or lowest_score < score_below
