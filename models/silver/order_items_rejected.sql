{{ config(
    materialized='incremental_by_day',
    affected_by='order_items',
    tags=['memory_intensive'],
) }}
{%- set days = affected_days('order_items') %}

with

order_items_checked as (

    select * from {{ ref('order_items_checked') }}

),

rejected as (

    select
        *,
        forall(reasons, code -> code in ('unknown_order', 'unknown_product')) as is_waiting
    from order_items_checked
    where size(reasons) > 0 and {{ days }}

),

final as (

    select
        -- keys
        id,
        order_id,
        user_id,
        product_id,

        -- attributes
        add_to_cart_order,
        days_since_prior_order,

        -- flags
        reordered,
        is_waiting,

        -- times
        order_timestamp,
        date,

        -- audit
        reasons,
        source_file,
        file_date,
        record_number,
        batch_id,
        ingestion_timestamp
    from rejected

)

select * from final
