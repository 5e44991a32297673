{{ config(
    partition_by=['customer_segment'],
    post_hook="{{ zorder(['user_id']) }}",
) }}

with

customer_orders as (

    select * from {{ ref('customer_orders') }}

),

customer_lines as (

    select * from {{ ref('customer_lines') }}

),

customer_scores as (

    select * from {{ ref('customer_scores') }}

),

segment_rules as (

    select * from {{ ref('segment_rules') }}

),

spend_ranks as (

    select
        user_id,
        rank() over (order by total_spend) - 1 as customers_below,
        count(*) over () - 1 as other_customers
    from customer_orders

),

-- the first rule that matches three scores names their segment
segments as (

    select
        customer_scores.recency_score,
        customer_scores.frequency_score,
        customer_scores.monetary_score,
        min_by(segment_rules.customer_segment, segment_rules.rule_order) as customer_segment
    from customer_scores
    inner join segment_rules
        on {{ matches_segment_rule('customer_scores', 'segment_rules') }}
    group by
        customer_scores.recency_score,
        customer_scores.frequency_score,
        customer_scores.monetary_score

),

customer_segments as (

    select
        customer_scores.*,
        segments.customer_segment
    from customer_scores
    left join segments
        on
            customer_scores.recency_score = segments.recency_score
            and customer_scores.frequency_score = segments.frequency_score
            and customer_scores.monetary_score = segments.monetary_score

),

scored_customers as (

    select
        customer_orders.*,
        scores.recency_score,
        scores.frequency_score,
        scores.monetary_score,
        scores.customer_segment,
        earlier_scores.customer_segment as previous_segment,
        datediff(customer_orders.as_of_date, customer_orders.first_order_date) as tenure_days,
        datediff(
            customer_orders.as_of_date, customer_orders.last_order_date
        ) as days_since_last_order
    from customer_orders
    inner join customer_segments as scores
        on
            customer_orders.user_id = scores.user_id
            and customer_orders.as_of_date = scores.as_of_date
    left join customer_segments as earlier_scores
        on
            customer_orders.user_id = earlier_scores.user_id
            and date_sub(customer_orders.as_of_date, {{ var('segment_compare_days') }})
            = earlier_scores.as_of_date

),

-- who has fewer than three orders has no rhythm yet, so that of the segment counts
ranked_segment_gaps as (

    select
        customer_segment,
        median_days_between_orders,
        row_number() over (
            partition by customer_segment order by median_days_between_orders
        ) as gap_rank,
        count(*) over (partition by customer_segment) as gap_count
    from scored_customers
    where total_orders >= 3

),

segment_gaps as (

    select
        customer_segment,
        {{ quotient('sum(median_days_between_orders)', 'count(*)', 'decimal(9, 2)') }}
            as median_days_between_orders
    from ranked_segment_gaps
    where {{ is_middle('gap_rank', 'gap_count') }}
    group by customer_segment

),

customers as (

    select
        scored_customers.*,
        date_add(
            scored_customers.last_order_date,
            cast(
                cast(
                    if(
                        scored_customers.total_orders >= 3,
                        scored_customers.median_days_between_orders,
                        segment_gaps.median_days_between_orders
                    ) as decimal(9, 0)
                ) as int
            )
        ) as expected_next_order_date
    from scored_customers
    left join segment_gaps
        on scored_customers.customer_segment = segment_gaps.customer_segment

),

final as (

    select
        -- keys
        customers.user_id,
        customers.as_of_date,

        -- attributes
        customer_lines.favorite_department,
        customer_lines.favorite_product_id,
        cast(customers.favorite_day_of_week as int) as favorite_day_of_week,
        cast(customers.favorite_hour as int) as favorite_hour,
        case
            when customers.tenure_days <= {{ var('lifecycle_new_days') }} then 'new'
            when customers.days_since_last_order <= {{ var('lifecycle_active_days') }} then 'active'
            when customers.days_since_last_order <= {{ var('lifecycle_lapsing_days') }}
                then 'lapsing'
            when customers.days_since_last_order <= {{ var('lifecycle_lapsed_days') }} then 'lapsed'
            else 'churned'
        end as lifecycle_stage,
        customers.previous_segment,

        -- amounts
        cast(customers.total_spend as decimal(18, 2)) as total_spend,
        {{ quotient('customers.total_spend', 'customers.total_orders', 'decimal(18, 2)') }}
            as avg_order_value,
        customers.min_order_value,
        customers.max_order_value,
        cast(customers.spend_30d as decimal(18, 2)) as spend_30d,
        cast(customers.spend_90d as decimal(18, 2)) as spend_90d,
        cast(
            if(
                customers.as_of_date >= date_add(customers.first_order_date, 89),
                customers.first_90d_spend,
                null
            ) as decimal(18, 2)
        ) as clv_observed_90d,

        -- counts
        customers.total_orders,
        cast(customers.orders_30d as bigint) as orders_30d,
        cast(customers.orders_90d as bigint) as orders_90d,
        coalesce(customer_lines.line_count, 0) as total_items,
        coalesce(customer_lines.distinct_products, 0) as distinct_products,
        coalesce(customer_lines.distinct_departments, 0) as distinct_departments,
        {{ quotient(
            'coalesce(customer_lines.line_count, 0)', 'customers.total_orders', 'decimal(9, 2)'
        ) }} as avg_items_per_order,

        -- rates
        {{ share('customer_lines.favorite_department_lines', 'customer_lines.line_count') }}
            as favorite_department_share,
        {{ rate('customer_lines.source_reorders', 'customer_lines.line_count') }}
            as source_reorder_rate,
        {{ rate('customer_lines.observed_reorders', 'customer_lines.line_count') }}
            as observed_reorder_rate,
        {{ rate('customer_lines.distinct_products', 'customer_lines.line_count') }}
            as exploration_rate,
        cast(
            coalesce(
                {{ rate('spend_ranks.customers_below', 'spend_ranks.other_customers') }}, 0
            ) as decimal(9, 6)
        ) as spend_percentile,

        -- scores
        customers.recency_score,
        customers.frequency_score,
        customers.monetary_score,
        concat(
            cast(customers.recency_score as string),
            cast(customers.frequency_score as string),
            cast(customers.monetary_score as string)
        ) as rfm_code,
        cast(
            customers.recency_score + customers.frequency_score + customers.monetary_score as int
        ) as rfm_total,
        cast(
            least(
                10,
                1 + 10 * spend_ranks.customers_below div greatest(spend_ranks.other_customers, 1)
            ) as int
        ) as spend_decile,

        -- flags
        customers.total_orders >= 2 as is_repeat_customer,
        customers.as_of_date > customers.expected_next_order_date as is_overdue,

        -- times
        customers.first_order_date,
        customers.last_order_date,
        customers.expected_next_order_date,
        cast(customers.tenure_days as int) as tenure_days,
        cast(customers.days_since_last_order as int) as days_since_last_order,
        {{ quotient(
            'datediff(customers.last_order_date, customers.first_order_date)',
            'customers.total_orders - 1',
            'decimal(9, 2)'
        ) }} as avg_days_between_orders,
        customers.median_days_between_orders,
        cast(trunc(customers.first_order_date, 'month') as date) as cohort_month,
        date_sub(
            customers.first_order_date, {{ iso_weekday('customers.first_order_date') }} - 1
        ) as cohort_week,

        -- audit
        current_timestamp() as last_updated_timestamp,
        {{ run_id() }} as _run_id,

        -- partition
        customers.customer_segment
    from customers
    inner join spend_ranks
        on customers.user_id = spend_ranks.user_id
    left join customer_lines
        on customers.user_id = customer_lines.user_id

)

select * from final
