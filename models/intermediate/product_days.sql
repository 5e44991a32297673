{{ config(
    materialized='incremental_by_day',
    affected_by='order_items',
    onwards=true,
    tags=['memory_intensive'],
) }}
{%- set days = affected_days('order_items', onwards=true) %}

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
        sum(reordered) as source_reorders,
        sum(add_to_cart_order) as cart_positions,
        sum(if(add_to_cart_order = 1, 1, 0)) as first_in_cart,
        sum(days_since_prior_order) as source_days,
        count(days_since_prior_order) as source_days_count
    from order_items
    where {{ days }}
    group by
        product_id,
        user_id,
        order_id,
        order_timestamp,
        date

),

-- the whole order that a product was bought in; its lines are of one day
baskets as (

    select
        order_id,
        sum(quantity) as basket_lines,
        sum(sales) as basket_sales
    from product_orders
    group by order_id

),

-- each order of all time, of the customers who bought the product on these days
purchases as (

    select
        order_items.product_id,
        order_items.user_id,
        order_items.order_id,
        order_items.order_timestamp,
        order_items.date
    from order_items
    {% if days != 'true' %}
        left semi join product_orders
            on
                order_items.product_id = product_orders.product_id
                and order_items.user_id = product_orders.user_id
    {% endif %}
    group by
        order_items.product_id,
        order_items.user_id,
        order_items.order_id,
        order_items.order_timestamp,
        order_items.date

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
        purchases.date,
        row_number() over (
            partition by purchases.user_id, purchases.product_id
            order by purchases.order_timestamp, purchases.order_id
        ) as purchase_rank,
        lag(purchases.date) over (
            partition by purchases.user_id, purchases.product_id
            order by purchases.order_timestamp, purchases.order_id
        ) as previous_date
    from purchases
    left semi join repeat_customers
        on
            purchases.product_id = repeat_customers.product_id
            and purchases.user_id = repeat_customers.user_id

),

repeats as (

    select
        product_id,
        order_id,
        purchase_rank,
        cast(datediff(date, previous_date) as bigint) as gap_days
    from ranked_purchases
    where purchase_rank > 1

),

final as (

    select
        -- keys
        product_orders.date,
        product_orders.product_id,

        -- amounts
        cast(sum(product_orders.sales) as decimal(18, 2)) as total_sales,
        cast(sum(baskets.basket_sales) as decimal(18, 2)) as basket_sales,

        -- counts
        sum(product_orders.quantity) as total_quantity,
        count(*) as order_count,
        sum(if(repeats.purchase_rank is null, 1, 0)) as new_customers,
        sum(if(repeats.purchase_rank = 2, 1, 0)) as repeat_customers,
        sum(product_orders.source_reorders) as source_reorders,
        sum(if(repeats.purchase_rank is null, 0, product_orders.quantity)) as observed_reorders,
        count(repeats.gap_days) as gap_count,
        coalesce(sum(repeats.gap_days), 0) as gap_days,
        sum(product_orders.source_days_count) as source_days_count,
        coalesce(sum(product_orders.source_days), 0) as source_days,
        sum(product_orders.cart_positions) as cart_positions,
        sum(product_orders.first_in_cart) as first_in_cart,
        sum(baskets.basket_lines) as basket_lines
    from product_orders
    inner join baskets
        on product_orders.order_id = baskets.order_id
    left join repeats
        on
            product_orders.product_id = repeats.product_id
            and product_orders.order_id = repeats.order_id
    group by
        product_orders.date,
        product_orders.product_id

)

select * from final
