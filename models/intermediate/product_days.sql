{{ config(materialized='replaced_days', touched_by='order_items', onwards=true) }}
{#- One large table after the other: side by side they would need the memory of all. #}
{%- do built_after('order_items_rejected') %}
{%- set days = touched_days('order_items', onwards=true) %}

with

order_items as (

    select * from {{ ref('order_items') }}

),

product_orders as (

    select
        product_id,
        user_id,
        order_id,
        order_timestamp,
        date,
        count(*) as quantity,
        sum(allocated_amount) as sales,
        sum(reordered) as source_reorders
    from order_items
    {{ 'where ' ~ days if days is not none }}
    group by
        product_id,
        user_id,
        order_id,
        order_timestamp,
        date

),

-- each order of all time, of the customers who bought the product on these days
purchases as (

    select
        order_items.product_id,
        order_items.user_id,
        order_items.order_id,
        order_items.order_timestamp
    from order_items
    {% if days is not none %}
        left semi join product_orders
            on
                order_items.product_id = product_orders.product_id
                and order_items.user_id = product_orders.user_id
    {% endif %}
    group by
        order_items.product_id,
        order_items.user_id,
        order_items.order_id,
        order_items.order_timestamp

),

repeat_customers as (

    select
        product_id,
        user_id
    from purchases
    group by
        product_id,
        user_id
    having count(*) > 1

),

-- few buy a product again, so only their orders are put in order
ranked_purchases as (

    select
        purchases.product_id,
        purchases.order_id,
        row_number() over (
            partition by purchases.user_id, purchases.product_id
            order by purchases.order_timestamp, purchases.order_id
        ) as purchase_rank
    from purchases
    left semi join repeat_customers
        on
            purchases.product_id = repeat_customers.product_id
            and purchases.user_id = repeat_customers.user_id

),

final as (

    select
        -- keys
        product_orders.date,
        product_orders.product_id,

        -- amounts
        cast(sum(product_orders.sales) as decimal(18, 2)) as total_sales,

        -- counts
        sum(product_orders.quantity) as total_quantity,
        count(*) as order_count,
        sum(if(ranked_purchases.purchase_rank > 1, 0, 1)) as new_customers,
        sum(product_orders.source_reorders) as source_reorders,
        sum(if(ranked_purchases.purchase_rank > 1, product_orders.quantity, 0)) as observed_reorders
    from product_orders
    left join ranked_purchases
        on
            product_orders.product_id = ranked_purchases.product_id
            and product_orders.order_id = ranked_purchases.order_id
    group by
        product_orders.date,
        product_orders.product_id

)

select * from final
