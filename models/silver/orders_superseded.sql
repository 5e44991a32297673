{{ config(materialized='incremental_by_day', affected_by='orders') }}
{%- set days = affected_days('orders') %}

with

orders_checked as (

    select * from {{ ref('orders_checked') }}

),

valid_rows as (

    select * from orders_checked
    where size(reasons) = 0

),

versions as (

    {{ versions(
        'valid_rows',
        key='order_id',
        counted_in='valid_rows' if days != 'true' else source('bronze', 'orders'),
    ) }}

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
        source_file,
        file_date,
        record_number,
        batch_id,
        ingestion_timestamp
    from versions
    where version_rank > 1 and {{ days }}

)

select * from final
