with data_reconciliation as (
    select * from {{ ref('data_reconciliation') }}
)

select
    measure,
    left_relation,
    right_relation,
    left_value,
    right_value,
    unallocated_value,
    difference,
    difference = 0 as agrees
from data_reconciliation
order by measure, left_relation, right_relation
