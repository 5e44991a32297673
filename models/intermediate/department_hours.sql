{{ config(materialized='replaced_days', touched_by='departments', onwards=true) }}
{#- One large table after the other: side by side they would need the memory of all. #}
{%- do built_after('department_days') %}
{%- set days = touched_days('departments', onwards=true) %}

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
    {{ 'where ' ~ days if days is not none }}

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
