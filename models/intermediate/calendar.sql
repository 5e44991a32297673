with

order_days as (

    select * from {{ ref('order_days') }}

),

file_days as (

    select * from {{ ref('file_days') }}

),

known_days as (

    select date
    from order_days
    union all
    select date
    from file_days

),

span as (

    select
        min(date) as first_date,
        max(date) as last_date
    from known_days

),

days as (

    select explode(sequence(first_date, last_date, interval 1 day)) as date
    from span

),

-- before the first file and after the last, only what other files happen to have is known
final as (

    select
        -- keys
        days.date,

        -- calendar
        {{ iso_weekday('days.date') }} as day_of_week,

        -- flags
        coalesce(file_days.orders_complete, false) as orders_complete,
        coalesce(file_days.lines_complete, false) as lines_complete,
        coalesce(file_days.orders_complete and file_days.lines_complete, false) as is_complete,

        -- counts
        cast(2 as bigint) as files_expected,
        coalesce(file_days.files_received, 0) as files_received,
        coalesce(file_days.rejected_rows, 0) as rejected_rows
    from days
    left join file_days
        on days.date = file_days.date

)

select * from final
