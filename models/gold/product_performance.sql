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

product_orders as (

    select
        product_id,
        user_id,
        order_id,
        order_timestamp,
        count(*) as quantity,
        sum(allocated_amount) as sales,
        sum(reordered) as source_reorders
    from order_items
    group by
        product_id,
        user_id,
        order_id,
        order_timestamp

),

product_customers as (

    select
        product_id,
        user_id,
        count(*) as order_count,
        sum(quantity) as quantity,
        sum(sales) as sales,
        sum(source_reorders) as source_reorders
    from product_orders
    group by
        product_id,
        user_id

),

-- a line is an observed reorder when the user bought the product in an earlier order of our data,
-- which few do, so only theirs are put in order
repeat_orders as (

    select
        product_orders.product_id,
        product_orders.quantity,
        row_number() over (
            partition by product_orders.user_id, product_orders.product_id
            order by product_orders.order_timestamp, product_orders.order_id
        ) as order_rank
    from product_orders
    inner join product_customers
        on
            product_orders.product_id = product_customers.product_id
            and product_orders.user_id = product_customers.user_id
    where product_customers.order_count > 1

),

reorders as (

    select
        product_id,
        sum(quantity) as observed_reorders
    from repeat_orders
    where order_rank > 1
    group by product_id

),

sales as (

    select
        product_id,
        sum(sales) as total_sales,
        sum(quantity) as total_quantity,
        sum(order_count) as order_count,
        count(*) as customer_count,
        sum(source_reorders) as source_reorders
    from product_customers
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
        {{ rate('coalesce(reorders.observed_reorders, 0)', 'sales.total_quantity') }}
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
    left join reorders
        on products.product_id = reorders.product_id

)

select * from final
