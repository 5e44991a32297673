with customer_insights as (
    select * from {{ ref('customer_insights') }}
),

deciles as (
    select
        spend_decile,
        count(*) as customers,
        sum(total_spend) as total_spend
    from customer_insights
    group by spend_decile
),

summed as (
    select
        spend_decile,
        customers,
        total_spend,
        sum(total_spend) over () as whole_spend,
        sum(total_spend) over (
            order by spend_decile desc rows between unbounded preceding and current row
        ) as cumulative_spend
    from deciles
)

select
    spend_decile,
    customers,
    total_spend,
    cast(total_spend as decimal(38, 6)) / nullif(whole_spend, 0) as spend_share,
    cast(cumulative_spend as decimal(38, 6)) / nullif(whole_spend, 0) as cumulative_share
from summed
order by spend_decile desc
