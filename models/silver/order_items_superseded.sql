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

valid_rows as (

    select * from order_items_checked
    where size(reasons) = 0

),

versions as (

    {{ versions(
        'valid_rows',
        key='id',
        counted_in='valid_rows' if days != 'true' else source('bronze', 'order_items'),
    ) }}

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

        -- times
        order_timestamp,
        date,

        -- audit
        source_file,
        file_date,
        record_number,
        batch_id,
        ingestion_timestamp
    from versions
    where version_rank > 1 and {{ days }}

)

select * from final
