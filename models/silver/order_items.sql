{{ config(
    materialized='incremental_by_day',
    affected_by='order_items',
    partition_by=['date'],
    tags=['memory_intensive'],
    post_hook="{{ zorder(['product_id', 'order_id'], affected_days('order_items')) }}",
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

lines as (

    select
        *,
        cast(order_amount * 100 as bigint) as order_cents,
        count(*) over (partition by order_id) as line_count,
        row_number() over (partition by order_id order by add_to_cart_order, id) as line_rank
    from versions
    where version_rank = 1 and {{ days }}

),

-- every line gets the floor of its equal share, the first lines get the cents that are left
shares as (

    select
        *,
        order_cents div line_count as floor_cents,
        order_cents % line_count as left_cents
    from lines

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

        -- amounts
        cast(
            cast(floor_cents + if(line_rank <= left_cents, 1, 0) as decimal(18, 0)) * 0.01
            as decimal(18, 2)
        ) as allocated_amount,

        -- flags
        reordered,

        -- times
        order_timestamp,

        -- audit
        source_file,
        file_date,
        record_number,
        batch_id,
        ingestion_timestamp,

        -- partition
        date
    from shares

)

select * from final
