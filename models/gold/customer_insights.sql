{{ config(
    partition_by=['customer_segment'],
    post_hook="{{ zorder(['user_id']) }}",
) }}

with

orders as (

    select * from {{ ref('orders') }}

),

segment_rules as (

    select * from {{ ref('segment_rules') }}

),

as_of as (

    select {{ as_of_date('date') }} as as_of_date
    from orders

),

orders_until as (

    select
        orders.user_id,
        orders.date,
        orders.total_amount,
        as_of.as_of_date,
        orders.date > date_sub(
            as_of.as_of_date, {{ var('rfm_lookback_days') }}
        ) as is_in_lookback
    from orders
    inner join as_of
        on orders.date <= as_of.as_of_date

),

customers as (

    select
        user_id,
        as_of_date,
        cast(datediff(as_of_date, max(date)) as int) as days_since_last_order,
        count(*) as total_orders,
        sum(total_amount) as total_spend,
        sum(if(is_in_lookback, 1, 0)) as lookback_orders,
        sum(if(is_in_lookback, total_amount, 0)) as lookback_spend
    from orders_until
    group by
        user_id,
        as_of_date

),

-- ranks only among those who ordered in the lookback; equal values get equal scores
active_scores as (

    select
        user_id,
        {{ rfm_score('days_since_last_order desc') }} as recency_score,
        {{ rfm_score('lookback_orders') }} as frequency_score,
        {{ rfm_score('lookback_spend') }} as monetary_score
    from customers
    where lookback_orders > 0

),

scored_customers as (

    select
        customers.user_id,
        customers.as_of_date,
        customers.total_orders,
        customers.total_spend,
        customers.days_since_last_order,
        coalesce(active_scores.recency_score, 1) as recency_score,
        coalesce(active_scores.frequency_score, 1) as frequency_score,
        coalesce(active_scores.monetary_score, 1) as monetary_score
    from customers
    left join active_scores
        on customers.user_id = active_scores.user_id

),

-- the first rule that matches names the segment
segments as (

    select
        scored_customers.user_id,
        min_by(segment_rules.customer_segment, segment_rules.rule_order) as customer_segment
    from scored_customers
    inner join segment_rules
        on {{ matches_segment_rule('scored_customers', 'segment_rules') }}
    group by scored_customers.user_id

),

final as (

    select
        -- keys
        scored_customers.user_id,
        scored_customers.as_of_date,

        -- amounts
        cast(scored_customers.total_spend as decimal(18, 2)) as total_spend,

        -- counts
        scored_customers.total_orders,
        scored_customers.days_since_last_order,

        -- scores
        scored_customers.recency_score,
        scored_customers.frequency_score,
        scored_customers.monetary_score,

        -- audit
        current_timestamp() as last_updated_timestamp,
        {{ run_id() }} as _run_id,

        -- partition
        segments.customer_segment
    from scored_customers
    left join segments
        on scored_customers.user_id = segments.user_id

)

select * from final
