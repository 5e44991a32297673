-- One row per user with an order up to the as-of date; what came after it does not count.

create table gold.customer_insights as
with orders as (
    select
        *,
        date_diff('day', date, getvariable('as_of_date')) as days_ago,
        min(date) over (partition by user_id) as first_date,
        date
        - lag(date) over (partition by user_id order by order_timestamp, order_id) as gap_days
    from silver.orders
    where date <= getvariable('as_of_date')
),

lines as (
    select
        items.*,
        products.department
    from silver.order_items_reorders as items
    inner join silver.products as products on items.product_id = products.product_id
    where items.date <= getvariable('as_of_date')
),

customers as (
    select
        user_id,
        count(*) as total_orders,
        sum(total_amount) as total_spend,
        min(total_amount) as min_order_value,
        max(total_amount) as max_order_value,
        min(date) as first_order_date,
        max(date) as last_order_date,
        twice_median(list(gap_days) filter (where gap_days is not null)) as twice_median_gap,
        count(*) filter (where days_ago < 30) as orders_30d,
        sum(total_amount) filter (where days_ago < 30) as spend_30d,
        count(*) filter (where days_ago < 90) as orders_90d,
        sum(total_amount) filter (where days_ago < 90) as spend_90d,
        sum(total_amount) filter (where date < first_date + 90) as spend_of_first_90_days
    from orders
    group by user_id
),

customer_lines as (
    select
        user_id,
        count(*) as total_items,
        count(distinct product_id) as distinct_products,
        count(distinct department) as distinct_departments,
        count(*) filter (where reordered = 1) as source_reorder_count,
        count(*) filter (where is_observed_reorder) as observed_reorder_count
    from lines
    group by user_id
),

favorite_departments as (
    select
        user_id,
        department as favorite_department,
        count(*) as favorite_department_lines
    from lines
    group by user_id, department
    qualify
        row_number() over (
            partition by user_id order by count(*) desc, sum(allocated_amount) desc, department
        ) = 1
),

favorite_products as (
    select
        user_id,
        product_id as favorite_product_id
    from lines
    group by user_id, product_id
    qualify
        row_number() over (
            partition by user_id order by count(*) desc, max(order_timestamp) desc, product_id
        ) = 1
),

favorite_weekdays as (
    select
        user_id,
        day_of_week as favorite_day_of_week
    from orders
    group by user_id, day_of_week
    qualify row_number() over (partition by user_id order by count(*) desc, day_of_week) = 1
),

favorite_hours as (
    select
        user_id,
        hour_of_day as favorite_hour
    from orders
    group by user_id, hour_of_day
    qualify row_number() over (partition by user_id order by count(*) desc, hour_of_day) = 1
),

insights as (
    select
        customers.*,
        customer_lines.* exclude (user_id),
        favorite_departments.* exclude (user_id),
        favorite_products.* exclude (user_id),
        favorite_weekdays.* exclude (user_id),
        favorite_hours.* exclude (user_id),
        segments.* exclude (user_id),
        previous.customer_segment as previous_segment,
        getvariable('as_of_date') as as_of_date,
        getvariable('as_of_date') - first_order_date as tenure_days,
        getvariable('as_of_date') - last_order_date as days_since_last_order,
        rank() over (order by total_spend) - 1 as less_spending,
        count(*) over () - 1 as others
    from customers
    left join customer_lines on customers.user_id = customer_lines.user_id
    left join favorite_departments on customers.user_id = favorite_departments.user_id
    left join favorite_products on customers.user_id = favorite_products.user_id
    left join favorite_weekdays on customers.user_id = favorite_weekdays.user_id
    left join favorite_hours on customers.user_id = favorite_hours.user_id
    left join segments_at(getvariable('as_of_date')) as segments
        on customers.user_id = segments.user_id
    left join segments_at(getvariable('compare_date')) as previous
        on customers.user_id = previous.user_id
),

-- Twice the median of numbers that are twice the median gaps.
usual_gaps as (
    select
        customer_segment,
        twice_median(list(twice_median_gap)) as segment_gap_times_four
    from insights
    where total_orders >= 3
    group by customer_segment
),

expected as (
    select
        insights.*,
        last_order_date
        + cast(
            if(
                total_orders >= 3,
                half_up(twice_median_gap, 2),
                half_up(usual_gaps.segment_gap_times_four, 4)
            ) as integer
        ) as expected_next_order_date
    from insights
    left join usual_gaps on insights.customer_segment = usual_gaps.customer_segment
),

final as (
    select
        user_id,
        as_of_date,

        total_orders,
        cast(total_spend as decimal(18, 2)) as total_spend,
        mean_money(total_spend, total_orders) as avg_order_value,
        min_order_value,
        max_order_value,

        coalesce(total_items, 0) as total_items,
        mean_of(coalesce(total_items, 0), total_orders) as avg_items_per_order,
        coalesce(distinct_products, 0) as distinct_products,
        coalesce(distinct_departments, 0) as distinct_departments,

        first_order_date,
        last_order_date,
        cast(tenure_days as integer) as tenure_days,
        cast(days_since_last_order as integer) as days_since_last_order,
        mean_of(last_order_date - first_order_date, total_orders - 1) as avg_days_between_orders,
        mean_of(twice_median_gap, 2) as median_days_between_orders,
        expected_next_order_date,
        as_of_date > expected_next_order_date as is_overdue,

        orders_30d,
        cast(coalesce(spend_30d, 0) as decimal(18, 2)) as spend_30d,
        orders_90d,
        cast(coalesce(spend_90d, 0) as decimal(18, 2)) as spend_90d,

        favorite_department,
        share(favorite_department_lines, total_items) as favorite_department_share,
        favorite_product_id,
        cast(favorite_day_of_week as integer) as favorite_day_of_week,
        cast(favorite_hour as integer) as favorite_hour,

        rate(source_reorder_count, total_items) as source_reorder_rate,
        rate(observed_reorder_count, total_items) as observed_reorder_rate,
        rate(distinct_products, total_items) as exploration_rate,

        cast(recency_score as integer) as recency_score,
        cast(frequency_score as integer) as frequency_score,
        cast(monetary_score as integer) as monetary_score,
        concat(recency_score, frequency_score, monetary_score) as rfm_code,
        cast(recency_score + frequency_score + monetary_score as integer) as rfm_total,
        customer_segment,
        case
            when tenure_days <= 30 then 'new'
            when days_since_last_order <= 30 then 'active'
            when days_since_last_order <= 60 then 'lapsing'
            when days_since_last_order <= 90 then 'lapsed'
            else 'churned'
        end as lifecycle_stage,
        previous_segment,

        total_orders >= 2 as is_repeat_customer,
        cast(date_trunc('month', first_order_date) as date) as cohort_month,
        cast(date_trunc('week', first_order_date) as date) as cohort_week,
        rate(less_spending, greatest(others, 1)) as spend_percentile,
        cast(least(10, 1 + 10 * less_spending // greatest(others, 1)) as integer) as spend_decile,
        cast(if(tenure_days >= 89, spend_of_first_90_days, null) as decimal(18, 2))
            as clv_observed_90d
    from expected
)

select * from final;
