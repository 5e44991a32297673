-- When this fires, a rule of segment_rules names nobody, whatever the scores: rules with a lower
-- rule_order take all that it matches, or it matches no scores at all.
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

winners as (

    select
        triples.recency_score,
        triples.frequency_score,
        triples.monetary_score,
        min(segment_rules.rule_order) as rule_order
    from triples
    inner join segment_rules
        on {{ matches_segment_rule('triples', 'segment_rules') }}
    group by
        triples.recency_score,
        triples.frequency_score,
        triples.monetary_score

)

select segment_rules.*
from segment_rules
left anti join winners
    on segment_rules.rule_order = winners.rule_order
