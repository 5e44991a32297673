with basket_affinity as (
    select * from {{ ref('basket_affinity') }}
),

product_performance as (
    select * from {{ ref('product_performance') }}
)

select
    basket_affinity.product_a,
    first_product.product_name as name_a,
    basket_affinity.product_b,
    second_product.product_name as name_b,
    basket_affinity.n_ab,
    basket_affinity.lift,
    first_product.department = second_product.department as is_one_department
from basket_affinity
inner join product_performance as first_product
    on basket_affinity.product_a = first_product.product_id
inner join product_performance as second_product
    on basket_affinity.product_b = second_product.product_id
where basket_affinity.lift > 1
order by
    basket_affinity.n_ab desc,
    basket_affinity.lift desc,
    basket_affinity.product_a asc,
    basket_affinity.product_b asc
limit 20
