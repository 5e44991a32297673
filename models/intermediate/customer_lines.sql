{{ config(tags=['memory_intensive']) }}

with

orders as (

    select * from {{ ref('orders') }}

),

order_items as (

    select * from {{ ref('order_items') }}

),

products as (

    select * from {{ ref('products') }}

),

as_of as (

    select {{ as_of_date('date') }} as as_of_date
    from orders

),

ranked_orders as (

    select
        order_id,
        date,
        row_number() over (
            partition by user_id order by order_timestamp, order_id
        ) as user_order_seq
    from orders

),

-- the lines of one product in one order
product_orders as (

    select
        order_items.user_id,
        order_items.product_id,
        ranked_orders.user_order_seq,
        count(*) as line_count,
        sum(order_items.reordered) as source_reorders,
        sum(order_items.allocated_amount) as spend,
        max(order_items.order_timestamp) as last_order_timestamp
    from order_items
    inner join ranked_orders
        on order_items.order_id = ranked_orders.order_id
    inner join as_of
        on ranked_orders.date <= as_of.as_of_date
    group by
        order_items.user_id,
        order_items.product_id,
        ranked_orders.user_order_seq

),

-- a line is an observed reorder unless it is of the first order with the product
customer_products as (

    select
        user_id,
        product_id,
        sum(line_count) as line_count,
        sum(source_reorders) as source_reorders,
        sum(line_count) - min_by(line_count, user_order_seq) as observed_reorders,
        sum(spend) as spend,
        max(last_order_timestamp) as last_order_timestamp
    from product_orders
    group by
        user_id,
        product_id

),

ranked_products as (

    select
        user_id,
        product_id,
        row_number() over (
            partition by user_id
            order by line_count desc, last_order_timestamp desc, product_id asc
        ) as product_rank
    from customer_products

),

customer_departments as (

    select
        customer_products.user_id,
        products.department,
        count(*) as product_count,
        sum(customer_products.line_count) as line_count,
        sum(customer_products.source_reorders) as source_reorders,
        sum(customer_products.observed_reorders) as observed_reorders,
        sum(customer_products.spend) as spend
    from customer_products
    inner join products
        on customer_products.product_id = products.product_id
    group by
        customer_products.user_id,
        products.department

),

ranked_departments as (

    select
        *,
        row_number() over (
            partition by user_id order by line_count desc, spend desc, department asc
        ) as department_rank
    from customer_departments

),

customers as (

    select
        user_id,
        sum(line_count) as line_count,
        sum(product_count) as distinct_products,
        count(*) as distinct_departments,
        sum(source_reorders) as source_reorders,
        sum(observed_reorders) as observed_reorders,
        max(case when department_rank = 1 then department end) as favorite_department,
        max(case when department_rank = 1 then line_count end) as favorite_department_lines
    from ranked_departments
    group by user_id

),

final as (

    select
        -- keys
        customers.user_id,

        -- attributes
        customers.favorite_department,
        ranked_products.product_id as favorite_product_id,

        -- counts
        customers.line_count,
        customers.favorite_department_lines,
        customers.distinct_products,
        customers.distinct_departments,
        customers.source_reorders,
        customers.observed_reorders
    from customers
    inner join ranked_products
        on
            customers.user_id = ranked_products.user_id
            and ranked_products.product_rank = 1

)

select * from final
