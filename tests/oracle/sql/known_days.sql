-- One row per calendar day from the first to the last that has an order or a daily file in its name:
-- is every file there that is expected of it? Expected are both feeds on the days that files are
-- named for and on all between.

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
    select file_date
    from silver.orders_rejected
    union all
    select file_date
    from silver.order_items_rejected
),

silver_rejected_days as (
    select
        file_date,
        count(*) as silver_rejected_count
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
        if(is_expected, 2, 0) as files_expected,
        coalesce(loaded_files.files_received, 0) as files_received,
        coalesce(loaded_files.bronze_rejected_count, 0)
        + coalesce(silver_rejected_days.silver_rejected_count, 0) as rejected_rows,
        not is_expected or 'orders' in coalesce(loaded_files.feeds, []) as orders_complete,
        not is_expected or 'order_items' in coalesce(loaded_files.feeds, []) as lines_complete
    from days
    cross join named_dates
    cross join lateral (
        select
            coalesce(days.date between named_dates.first_date and named_dates.last_date, false)
                as is_expected
    ) as expectations
    left join loaded_files on days.date = loaded_files.file_date
    left join silver_rejected_days on days.date = silver_rejected_days.file_date
)

select
    *,
    orders_complete and lines_complete as is_complete
from final;
