{{ config(materialized='replaced_days', touched_by='order_items') }}
{#- One large table after the other: side by side they would need the memory of all. #}
{%- do built_after('order_items_superseded') %}
{%- set days = touched_days('order_items') %}

with

order_items_checked as (

    select * from {{ ref('order_items_checked') }}

),

rejected as (

    select
        *,
        forall(reasons, code -> code in ('unknown_order', 'unknown_product')) as is_waiting
    from order_items_checked
    where size(reasons) > 0 {{- ' and ' ~ days if days is not none }}

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
