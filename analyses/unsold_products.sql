with product_performance as (
    select * from {{ ref('product_performance') }}
)

select
    department,
    product_id,
    product_name,
    last_sold_date,
    last_sold_date is not null as was_ever_sold
from product_performance
where is_active and (last_sold_date is null or quantity_last_7d = 0)
order by department, product_id
