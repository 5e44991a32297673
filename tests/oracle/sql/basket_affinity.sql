-- One row per pair of products that at least three orders have in common.

create table gold.basket_affinity as
with baskets as (
    select distinct
        order_id,
        product_id
    from silver.order_items
),

order_total as (
    select count(distinct order_id) as all_orders
    from baskets
),

product_orders as (
    select
        product_id,
        count(*) as order_count
    from baskets
    group by product_id
),

pairs as (
    select
        lower_one.product_id as product_a,
        higher_one.product_id as product_b,
        count(*) as n_ab
    from baskets as lower_one
    inner join baskets as higher_one
        on
            lower_one.order_id = higher_one.order_id
            and lower_one.product_id < higher_one.product_id
    group by lower_one.product_id, higher_one.product_id
    having count(*) >= 3
),

final as (
    select
        pairs.product_a,
        pairs.product_b,

        orders_a.order_count as n_a,
        orders_b.order_count as n_b,
        pairs.n_ab,

        rate(pairs.n_ab, order_total.all_orders) as support,
        rate(pairs.n_ab, orders_a.order_count) as confidence_ab,
        rate(pairs.n_ab, orders_b.order_count) as confidence_ba,
        ratio(
            pairs.n_ab * order_total.all_orders, orders_a.order_count * orders_b.order_count
        ) as lift
    from pairs
    cross join order_total
    inner join product_orders as orders_a on pairs.product_a = orders_a.product_id
    inner join product_orders as orders_b on pairs.product_b = orders_b.product_id
)

select * from final;
