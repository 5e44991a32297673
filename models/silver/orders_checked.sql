{{ config(materialized='ephemeral') }}
{%- set bronze_orders = source('bronze', 'orders') %}
{%- set days = affected_days('orders') %}

with

bronze_orders as (

    select * from {{ bronze_orders }}
    {%- if days != 'true' %}
        -- all versions of the orders of these days, and few others
        where {{ key_range('order_id', bronze_orders ~ ' where ' ~ days) }}
    {%- endif %}

),

final as (

    select
        order_id,
        user_id,
        order_num,
        total_amount,
        order_timestamp,
        date,
        source_file,
        file_date,
        record_number,
        batch_id,
        ingestion_timestamp,
        {{ reasons({
            'not_positive:order_id': 'order_id <= 0',
            'not_positive:user_id': 'user_id <= 0',
            'below:total_amount': 'total_amount < ' ~ var('min_order_amount'),
            'above:total_amount': 'total_amount > ' ~ [var('max_order_amount'), 1000000000] | min,
            'too_early:date': "date < greatest(date_sub(file_date, " ~ var('max_days_behind')
                ~ "), date '" ~ var('min_order_date') ~ "')",
            'too_late:date': "date > least(date_add(file_date, " ~ var('max_days_ahead')
                ~ "), date '" ~ var('max_order_date') ~ "')",
            'mismatch:date': 'date <> to_date(order_timestamp)',
        }) }} as reasons
    from bronze_orders

)

select * from final
