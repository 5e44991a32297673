-- When this fires, cents are lost between an order and its lines, or the shares are not equal.
with

orders as (

    select * from {{ ref('orders') }}

),

order_items as (

    select * from {{ ref('order_items') }}

),

shares as (

    select
        order_id,
        sum(allocated_amount) as allocated_amount,
        min(allocated_amount) as lowest_share,
        max(allocated_amount) as highest_share
    from order_items
    group by order_id

)

select
    orders.order_id,
    orders.total_amount,
    shares.allocated_amount,
    shares.lowest_share,
    shares.highest_share
from shares
left join orders
    on shares.order_id = orders.order_id
where
    not shares.allocated_amount <=> orders.total_amount
    or shares.highest_share - shares.lowest_share > 0.01
