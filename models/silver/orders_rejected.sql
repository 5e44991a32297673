{{ config(materialized='incremental_by_day', affected_by='orders') }}
{%- set days = affected_days('orders') %}

with

orders_checked as (

    select * from {{ ref('orders_checked') }}

),

final as (

    select
        -- keys
        order_id,
        user_id,

        -- attributes
        order_num,

        -- amounts
        total_amount,

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
    from orders_checked
    where size(reasons) > 0 and {{ days }}

)

select * from final
