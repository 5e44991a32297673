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

-- what was replaced, renamed or taken away says nothing of days; what was lost is still expected
daily_files as (

    select
        file_date,
        table_name,
        status,
        records_loaded,
        records_rejected
    from ingested_files
    where
        table_name in ('orders', 'order_items')
        and (status <> 'superseded' or reason like 'lost:%')
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
days as (

    select explode(sequence(first_date, last_date, interval 1 day)) as date
    from span

),

feeds as (

    select
        file_date,
        table_name,
        sum(records_loaded) as records_loaded,
        sum(records_rejected) as records_rejected
    from daily_files
    where status = 'loaded'
    group by
        file_date,
        table_name

),

refused as (

    select
        'orders' as table_name,
        file_date,
        count(*) as rows_refused
    from orders_rejected
    group by file_date
    union all
    select
        'order_items' as table_name,
        file_date,
        count(*) as rows_refused
    from order_items_rejected
    group by file_date

),

judged_feeds as (

    select
        feeds.file_date,
        feeds.table_name,
        feeds.records_loaded,
        feeds.records_rejected,
        coalesce(refused.rows_refused, 0) as rows_refused
    from feeds
    left join refused
        on
            feeds.file_date = refused.file_date
            and feeds.table_name = refused.table_name

),

-- a file without records says that nothing was sold; one whose every record is refused says nothing
known_feeds as (

    select
        file_date,
        table_name,
        records_rejected + rows_refused as rejected_rows,
        records_loaded + records_rejected = 0 or rows_refused < records_loaded as is_known
    from judged_feeds

),

loaded_days as (

    select
        file_date,
        count(*) as files_received,
        sum(rejected_rows) as rejected_rows,
        bool_or(table_name = 'orders' and is_known) as orders_complete,
        bool_or(table_name = 'order_items' and is_known) as lines_complete
    from known_feeds
    group by file_date

),

final as (

    select
        -- keys
        days.date,

        -- counts
        coalesce(loaded_days.files_received, 0) as files_received,
        coalesce(loaded_days.rejected_rows, 0) as rejected_rows,

        -- flags
        coalesce(loaded_days.orders_complete, false) as orders_complete,
        coalesce(loaded_days.lines_complete, false) as lines_complete
    from days
    left join loaded_days
        on days.date = loaded_days.file_date

)

select * from final
