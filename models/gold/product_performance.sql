{{ config(
    partition_by=['department'],
    post_hook="{{ zorder(['product_id']) }}",
) }}

with

products as (

    select * from {{ ref('products') }}

),

order_items as (

    select * from {{ ref('order_items') }}

),

-- a line is an observed reorder when the user bought the product in an earlier order of our data
lines as (

    select
        product_id,
        order_id,
        user_id,
        allocated_amount,
        reordered,
        rank() over (
            partition by user_id, product_id
            order by order_timestamp, order_id
        ) > 1 as is_observed_reorder
    from order_items

),

sales as (

    select
        product_id,
        sum(allocated_amount) as total_sales,
        count(*) as total_quantity,
        count(distinct order_id) as order_count,
        count(distinct user_id) as customer_count,
        sum(reordered) as source_reorders,
        sum(if(is_observed_reorder, 1, 0)) as observed_reorders
    from lines
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
        {{ rate('sales.observed_reorders', 'sales.total_quantity') }} as observed_reorder_rate,

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
