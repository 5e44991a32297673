{{ config(
    materialized='incremental_by_day',
    affected_by='departments',
    onwards=true,
    tags=['memory_intensive'],
) }}
{%- set days = affected_days('departments', onwards=true) %}

with

products as (

    select * from {{ ref('products') }}

),

order_items as (

    select * from {{ ref('order_items') }}

),

lines as (

    select
        products.department,
        order_items.date,
        hour(order_items.order_timestamp) as hour_of_day
    from order_items
    inner join products
        on order_items.product_id = products.product_id
    where {{ days }}

),

final as (

    select
        -- keys
        date,
        department,
        hour_of_day,

        -- counts
        count(*) as total_quantity
    from lines
    group by
        date,
        department,
        hour_of_day

)

select * from final
