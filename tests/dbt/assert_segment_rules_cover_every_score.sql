-- When this fires, a customer with these scores has no segment: no rule of segment_rules has them
-- all within its limits. The nearest rule is the one whose limits need the fewest steps.
with

segment_rules as (

    select * from {{ ref('segment_rules') }}

),

scores as (

    select explode(sequence(1, 5)) as score

),

triples as (

    select
        recency.score as recency_score,
        frequency.score as frequency_score,
        monetary.score as monetary_score
    from scores as recency
    cross join scores as frequency
    cross join scores as monetary

),

gaps as (

    select triples.*
    from triples
    left anti join segment_rules
        on {{ matches_segment_rule('triples', 'segment_rules') }}

),

distances as (

    select
        gaps.*,
        segment_rules.rule_order as nearest_rule_order,
        segment_rules.customer_segment as nearest_segment,
        greatest(
            segment_rules.recency_min - gaps.recency_score,
            gaps.recency_score - segment_rules.recency_max,
            0
        )
        + greatest(
            segment_rules.frequency_min - gaps.frequency_score,
            gaps.frequency_score - segment_rules.frequency_max,
            0
        )
        + greatest(
            segment_rules.fm_min - (gaps.frequency_score + gaps.monetary_score) / 2,
            (gaps.frequency_score + gaps.monetary_score) / 2 - segment_rules.fm_max,
            0
        ) as distance
    from gaps
    cross join segment_rules

),

ranked as (

    select
        *,
        row_number() over (
            partition by recency_score, frequency_score, monetary_score
            order by distance, nearest_rule_order
        ) as distance_rank
    from distances

)

select
    recency_score,
    frequency_score,
    monetary_score,
    nearest_rule_order,
    nearest_segment
from ranked
where distance_rank = 1
