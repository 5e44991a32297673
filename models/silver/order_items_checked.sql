{{ config(materialized='ephemeral') }}
{%- set bronze_order_items = source('bronze', 'order_items') %}
{%- set days = affected_days('order_items') %}

with

bronze_order_items as (

    select * from {{ bronze_order_items }}
    {%- if days != 'true' %}
        {%- set of_orders = key_range('order_id', ref('orders') ~ ' where ' ~ days) %}
        {%- set lines = key_range('id', bronze_order_items ~ ' where ' ~ days ~ ' or ' ~ of_orders) %}
        -- all versions of the lines of these days and of their orders, and few others
        where {{ lines }}
    {%- endif %}

),

orders as (

    select * from {{ ref('orders') }}
    {%- if days != 'true' %}
        where {{ key_range('order_id', bronze_order_items ~ ' where ' ~ lines) }}
    {%- endif %}

),

products as (

    select * from {{ ref('products') }}

),

final as (

    select
        bronze_order_items.id,
        bronze_order_items.order_id,
        bronze_order_items.user_id,
        bronze_order_items.product_id,
        bronze_order_items.add_to_cart_order,
        bronze_order_items.days_since_prior_order,
        bronze_order_items.reordered,
        coalesce(orders.order_timestamp, bronze_order_items.order_timestamp) as order_timestamp,
        coalesce(orders.date, bronze_order_items.date) as date,
        orders.total_amount as order_amount,
        bronze_order_items.source_file,
        bronze_order_items.file_date,
        bronze_order_items.record_number,
        bronze_order_items.batch_id,
        bronze_order_items.ingestion_timestamp,
        {{ reasons({
            'not_positive:id': 'bronze_order_items.id <= 0',
            'not_positive:order_id': 'bronze_order_items.order_id <= 0',
            'not_positive:user_id': 'bronze_order_items.user_id <= 0',
            'not_positive:product_id': 'bronze_order_items.product_id <= 0',
            'unknown_order': 'orders.order_id is null',
            'unknown_product': 'products.product_id is null',
            'mismatch:user_id': 'bronze_order_items.user_id <> orders.user_id',
            'below:add_to_cart_order': 'bronze_order_items.add_to_cart_order < 1',
            'above:add_to_cart_order': 'bronze_order_items.add_to_cart_order > '
                ~ var('max_add_to_cart_order'),
            'invalid:reordered': 'bronze_order_items.reordered not in (0, 1)',
            'below:days_since_prior_order': 'bronze_order_items.days_since_prior_order < 0',
            'above:days_since_prior_order': 'bronze_order_items.days_since_prior_order > '
                ~ var('max_days_since_prior_order'),
        }) }} as reasons
    from bronze_order_items
    left join orders
        on bronze_order_items.order_id = orders.order_id
    left join products
        on bronze_order_items.product_id = products.product_id

)

select * from final
