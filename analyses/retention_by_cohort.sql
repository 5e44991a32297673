with cohort_retention as (
    select * from {{ ref('cohort_retention') }}
)

select
    cohort_period as cohort_week,
    max(cohort_size) as cohort_size,
    max(case when period_index = 0 then retention_rate end) as week_0,
    max(case when period_index = 1 then retention_rate end) as week_1,
    max(case when period_index = 2 then retention_rate end) as week_2,
    max(case when period_index = 3 then retention_rate end) as week_3,
    max(case when period_index = 4 then retention_rate end) as week_4
from cohort_retention
where period_type = 'week'
group by cohort_period
order by cohort_week
