-- The scores and the segment of every user who had ordered by a day, from the orders up to it.
-- Scores look back 365 days, that day being the last of them.

create macro segments_at(day) as table
with orders as (
    select
        *,
        date_diff('day', date, day) as days_ago
    from silver.orders
    where date <= day
),

customers as (
    select distinct user_id
    from orders
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
        customers.user_id,
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
