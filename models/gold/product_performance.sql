{{ config(
    partition_by=['department'],
    post_hook="{{ zorder(['product_id']) }}",
) }}

with

products as (

    select * from {{ ref('products') }}

),

product_days as (

    select * from {{ ref('product_days') }}

),

-- a customer is new to a product on one day only, so the sum over the days counts each once
sales as (

    select
        product_id,
        sum(total_sales) as total_sales,
        sum(total_quantity) as total_quantity,
        sum(order_count) as order_count,
        sum(new_customers) as customer_count,
        sum(source_reorders) as source_reorders,
        sum(observed_reorders) as observed_reorders
    from product_days
    group by product_id

),

final as (

    select
        -- keys
        products.product_id,

        -- attributes
        products.product_name,
        products.department_id,

        -- amounts
        cast(coalesce(sales.total_sales, 0) as decimal(18, 2)) as total_sales,

        -- counts
        coalesce(sales.total_quantity, 0) as total_quantity,
        coalesce(sales.order_count, 0) as order_count,
        coalesce(sales.customer_count, 0) as customer_count,

        -- rates
        {{ rate('sales.source_reorders', 'sales.total_quantity') }} as source_reorder_rate,
        {{ rate('sales.observed_reorders', 'sales.total_quantity') }}
            as observed_reorder_rate,

        -- flags
        products.is_active,

        -- audit
        current_timestamp() as last_updated_timestamp,
        {{ run_id() }} as _run_id,

        -- partition
        products.department
    from products
    left join sales
        on products.product_id = sales.product_id

)

select * from final
