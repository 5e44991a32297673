with segment_migration as (
    select * from {{ ref('segment_migration') }}
)

select
    from_segment,
    to_segment,
    customers,
    share,
    as_of_from,
    as_of_to,
    from_segment <> to_segment as is_move
from segment_migration
order by customers desc, from_segment asc, to_segment asc
