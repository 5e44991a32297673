with

ingested_files as (

    select * from {{ source('ops', 'ingested_files') }}

),

orders_rejected as (

    select * from {{ ref('orders_rejected') }}

),

order_items_rejected as (

    select * from {{ ref('order_items_rejected') }}

),

daily_files as (

    select
        file_date,
        table_name,
        status,
        records_rejected
    from ingested_files
    where
        table_name in ('orders', 'order_items')
        and file_date >= date '{{ var('min_order_date') }}'
        and file_date <= date '{{ var('max_order_date') }}'

),

span as (

    select
        min(file_date) as first_date,
        max(file_date) as last_date
    from daily_files

),

-- every day from the first to the last that a daily file is named for
calendar as (

    select explode(sequence(first_date, last_date, interval 1 day)) as date
    from span

),

loaded_files as (

    select
        file_date,
        count(distinct table_name) as files_received,
        bool_or(table_name = 'orders') as orders_complete,
        bool_or(table_name = 'order_items') as lines_complete,
        sum(records_rejected) as records_rejected
    from daily_files
    where status = 'loaded'
    group by file_date

),

refused_rows as (

    select file_date
    from orders_rejected
    union all
    select file_date
    from order_items_rejected

),

refused as (

    select
        file_date,
        count(*) as rows_rejected
    from refused_rows
    group by file_date

),

final as (

    select
        -- keys
        calendar.date,

        -- counts
        cast(2 as bigint) as files_expected,
        coalesce(loaded_files.files_received, 0) as files_received,
        coalesce(loaded_files.records_rejected, 0) + coalesce(refused.rows_rejected, 0)
            as rejected_rows,

        -- flags
        coalesce(loaded_files.orders_complete, false) as orders_complete,
        coalesce(loaded_files.lines_complete, false) as lines_complete
    from calendar
    left join loaded_files
        on calendar.date = loaded_files.file_date
    left join refused
        on calendar.date = refused.file_date

)

select * from final
