{{ config(
    post_hook="{{ zorder(['product_a', 'product_b']) }}",
    tags=['memory_intensive'],
) }}

with

order_items as (

    select * from {{ ref('order_items') }}

),

product_days as (

    select * from {{ ref('product_days') }}

),

product_orders as (

    select
        product_id,
        sum(order_count) as order_total
    from product_days
    group by product_id

),

-- a product that is in too few orders can't be in enough together with another one
products as (

    select * from product_orders
    where order_total >= {{ var('min_affinity_orders') }}

),

baskets as (

    select count(distinct order_id) as basket_count
    from order_items

),

-- a product counts once in an order
order_products as (

    select
        order_items.order_id,
        order_items.product_id
    from order_items
    left semi join products
        on order_items.product_id = products.product_id
    group by
        order_items.order_id,
        order_items.product_id

),

pairs as (

    select
        first_products.product_id as product_a,
        second_products.product_id as product_b,
        count(*) as n_ab
    from order_products as first_products
    inner join order_products as second_products
        on
            first_products.order_id = second_products.order_id
            and first_products.product_id < second_products.product_id
    group by
        first_products.product_id,
        second_products.product_id
    having count(*) >= {{ var('min_affinity_orders') }}

),

counted_pairs as (

    select
        pairs.product_a,
        pairs.product_b,
        products_a.order_total as n_a,
        products_b.order_total as n_b,
        pairs.n_ab,
        baskets.basket_count
    from pairs
    inner join products as products_a
        on pairs.product_a = products_a.product_id
    inner join products as products_b
        on pairs.product_b = products_b.product_id
    cross join baskets

),

final as (

    select
        -- keys
        product_a,
        product_b,

        -- counts
        n_a,
        n_b,
        n_ab,

        -- rates
        {{ rate('n_ab', 'basket_count') }} as support,
        {{ rate('n_ab', 'n_a') }} as confidence_ab,
        {{ rate('n_ab', 'n_b') }} as confidence_ba,
        {{ quotient('n_ab * basket_count', 'n_a * n_b', 'decimal(18, 6)') }} as lift,

        -- audit
        current_timestamp() as last_updated_timestamp,
        {{ run_id() }} as _run_id
    from counted_pairs

)

select * from final
