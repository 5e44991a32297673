-- One row per product of silver, sold or not.

create table gold.product_performance as
with products as (
    select * from silver.products
),

sales as (
    select
        product_id,
        sum(allocated_amount) as total_sales,
        count(*) as total_quantity,
        count(distinct order_id) as order_count,
        count(distinct user_id) as customer_count,
        count(*) filter (where reordered = 1) as source_reorder_count,
        count(*) filter (where is_observed_reorder) as observed_reorder_count
    from silver.order_items_reorders
    group by product_id
),

final as (
    select
        products.product_id,

        products.product_name,
        products.department,
        products.department_id,
        products.is_active,

        cast(coalesce(sales.total_sales, 0) as decimal(18, 2)) as total_sales,

        coalesce(sales.total_quantity, 0) as total_quantity,
        coalesce(sales.order_count, 0) as order_count,
        coalesce(sales.customer_count, 0) as customer_count,

        rate(sales.source_reorder_count, sales.total_quantity) as source_reorder_rate,
        rate(sales.observed_reorder_count, sales.total_quantity) as observed_reorder_rate
    from products
    left join sales on products.product_id = sales.product_id
)

select * from final;
