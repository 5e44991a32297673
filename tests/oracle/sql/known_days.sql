-- One row per calendar day from the first to the last that has an order or a daily file in its name:
-- is every file there that a day has? Of a day before the first file or after the last, only what
-- other files happen to have is known. A file whose every record was refused says nothing either.

create table silver.known_days as
with daily_files as (
    select
        table_name,
        file_date,
        fault is null as is_loaded,
        rejected_count
    from bronze.files
    where table_name in ('orders', 'order_items') and year(file_date) between 2000 and 2099
),

named_dates as (
    select
        min(file_date) as first_date,
        max(file_date) as last_date
    from daily_files
),

loaded_files as (
    select
        file_date,
        count(distinct table_name) as files_received,
        list(distinct table_name) as feeds,
        sum(rejected_count) as bronze_rejected_count
    from daily_files
    where is_loaded
    group by file_date
),

silver_rejected as (
    select 'orders' as table_name, file_date, count(*) as rejected_count
    from silver.orders_rejected
    group by all
    union all
    select 'order_items', file_date, count(*)
    from silver.order_items_rejected
    group by all
),

loaded_records as (
    select 'orders' as table_name, file_date, count(*) as loaded_count
    from bronze.orders
    group by all
    union all
    select 'order_items', file_date, count(*)
    from bronze.order_items
    group by all
),

refused_feeds as (
    select
        file_date,
        list(table_name) as feeds
    from loaded_records
    inner join silver_rejected using (table_name, file_date)
    where rejected_count = loaded_count
    group by file_date
),

silver_rejected_days as (
    select
        file_date,
        sum(rejected_count) as silver_rejected_count
    from silver_rejected
    group by file_date
),

ends as (
    select date from silver.orders
    union all
    select unnest([first_date, last_date]) as date from named_dates
),

days as (
    select cast(unnest(generate_series(min(date), max(date), interval 1 day)) as date) as date
    from ends
),

final as (
    select
        days.date,
        2 as files_expected,
        coalesce(loaded_files.files_received, 0) as files_received,
        coalesce(loaded_files.bronze_rejected_count, 0)
        + coalesce(silver_rejected_days.silver_rejected_count, 0) as rejected_rows,
        'orders' in coalesce(loaded_files.feeds, [])
            and 'orders' not in coalesce(refused_feeds.feeds, []) as orders_complete,
        'order_items' in coalesce(loaded_files.feeds, [])
            and 'order_items' not in coalesce(refused_feeds.feeds, []) as lines_complete
    from days
    left join loaded_files on days.date = loaded_files.file_date
    left join refused_feeds on days.date = refused_feeds.file_date
    left join silver_rejected_days on days.date = silver_rejected_days.file_date
)

select
    *,
    orders_complete and lines_complete as is_complete
from final;
