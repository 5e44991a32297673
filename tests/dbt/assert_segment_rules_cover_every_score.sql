-- When this fires, a customer with these scores has no segment: segment_rules leaves a hole.
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

)

select triples.*
from triples
left anti join segment_rules
    on {{ matches_segment_rule('triples', 'segment_rules') }}
