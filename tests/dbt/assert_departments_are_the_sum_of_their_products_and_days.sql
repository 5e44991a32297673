-- When this fires, a department's figures depend on the table or the period they are read from.
with

department_analytics as (

    select * from {{ ref('department_analytics') }}

),

product_performance as (

    select * from {{ ref('product_performance') }}

),

products as (

    select
        department,
        sum(total_sales) as total_sales,
        sum(total_quantity) as total_quantity,
        sum(if(total_quantity > 0, 1, 0)) as products_sold,
        sum(if(is_active, 1, 0)) as product_count
    from product_performance
    group by department

),

whole as (

    select * from department_analytics
    where period_type = 'all'

),

days as (

    select
        department,
        sum(total_sales) as total_sales,
        sum(total_quantity) as total_quantity
    from department_analytics
    where period_type = 'day'
    group by department

)

select
    whole.department,
    whole.total_sales,
    products.total_sales as products_total_sales,
    days.total_sales as days_total_sales,
    whole.total_quantity,
    products.total_quantity as products_total_quantity,
    days.total_quantity as days_total_quantity,
    whole.products_sold,
    products.products_sold as products_products_sold,
    whole.product_count,
    products.product_count as products_product_count
from whole
left join products
    on whole.department = products.department
left join days
    on whole.department = days.department
where
    not (
        whole.total_sales <=> products.total_sales
        and whole.total_sales = coalesce(days.total_sales, 0)
        and whole.total_quantity <=> products.total_quantity
        and whole.total_quantity = coalesce(days.total_quantity, 0)
        and whole.products_sold <=> products.products_sold
        and whole.product_count <=> products.product_count
    )
