-- When this fires, group by department: department_id does not tell it, as is known of the source.
{{ config(severity='warn') }}

with

products as (

    select * from {{ ref('products') }}

)

select
    department_id,
    sort_array(collect_set(department)) as departments
from products
group by department_id
having count(distinct department) > 1
