-- One row per user with an order up to the as-of date. Totals are lifetime, scores look back
-- 365 days, the as-of date being the last of them.

create table gold.customer_insights as
with as_of as (
    select coalesce(getvariable('as_of_date'), max(date)) as as_of_date
    from silver.orders
),

orders as (
    select
        orders.*,
        as_of.as_of_date,
        date_diff('day', orders.date, as_of.as_of_date) as days_ago
    from silver.orders as orders
    cross join as_of
    where orders.date <= as_of.as_of_date
),

customers as (
    select
        user_id,
        as_of_date,
        count(*) as total_orders,
        sum(total_amount) as total_spend,
        min(days_ago) as days_since_last_order
    from orders
    group by user_id, as_of_date
),

looked_back as (
    select
        user_id,
        min(days_ago) as recency_days,
        count(*) as order_count,
        sum(total_amount) as spend
    from orders
    where days_ago < 365
    group by user_id
),

-- percent_rank() = (rank - 1) / (customers - 1), here in whole numbers.
ranked as (
    select
        user_id,
        greatest(count(*) over () - 1, 1) as others,
        rank() over (order by recency_days desc) - 1 as less_recent,
        rank() over (order by order_count) - 1 as less_frequent,
        rank() over (order by spend) - 1 as less_spending
    from looked_back
),

-- Without an order in the lookback there is no rank; least() would skip the null and give 5.
scored as (
    select
        customers.*,
        least(5, 1 + coalesce(5 * ranked.less_recent // ranked.others, 0)) as recency_score,
        least(5, 1 + coalesce(5 * ranked.less_frequent // ranked.others, 0)) as frequency_score,
        least(5, 1 + coalesce(5 * ranked.less_spending // ranked.others, 0)) as monetary_score
    from customers
    left join ranked on customers.user_id = ranked.user_id
),

-- FM = (F + M) / 2, so FM >= 4 is F + M >= 8 and FM >= 2 is F + M >= 4.
final as (
    select
        user_id,
        as_of_date,

        total_orders,
        cast(total_spend as decimal(18, 2)) as total_spend,
        days_since_last_order,

        recency_score,
        frequency_score,
        monetary_score,
        case
            when recency_score >= 4 and frequency_score + monetary_score >= 8 then 'champions'
            when recency_score = 3 and frequency_score + monetary_score >= 8 then 'loyal'
            when recency_score <= 2 and frequency_score + monetary_score >= 8 then 'cannot_lose'
            when recency_score >= 4 and frequency_score = 1 then 'new'
            when recency_score >= 4 then 'potential_loyalist'
            when recency_score = 3 and frequency_score + monetary_score >= 4
                then 'potential_loyalist'
            when recency_score = 3 then 'needs_attention'
            when recency_score = 2 and frequency_score + monetary_score >= 4 then 'at_risk'
            when recency_score = 2 then 'about_to_sleep'
            else 'hibernating'
        end as customer_segment
    from scored
)

select * from final;
