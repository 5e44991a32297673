{{ config(partition_by=['date']) }}

with

orders_checked as (

    select * from {{ ref('orders_checked') }}

),

valid_versions as (

    select
        *,
        cast((dayofweek(date) + 5) % 7 + 1 as int) as day_of_week,
        hour(order_timestamp) as hour_of_day,
        row_number() over (partition by order_id order by {{ newest_first() }}) as version_rank,
        count(*) over (partition by order_id) as version_count
    from orders_checked
    where size(reasons) = 0

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
        day_of_week,
        hour_of_day,

        -- audit
        cast(version_count - 1 as bigint) as superseded_versions,
        source_file,
        file_date,
        record_number,
        batch_id,
        ingestion_timestamp,

        -- partition
        date
    from valid_versions
    where version_rank = 1

)

select * from final
