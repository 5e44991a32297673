-- When this fires, a new day has far more or less than its weekday has otherwise: look whether its
-- files are whole. A day with fewer same weekdays behind it than anomaly_min_weeks is not judged.
-- docs/quality.md has the formula.
{{ config(severity='warn') }}

with

order_days as (

    select * from {{ ref('order_days') }}

),

product_days as (

    select * from {{ ref('product_days') }}

),

files as (

    select
        table_name,
        file_date,
        sum(records_read) as record_count
    from {{ source('ops', 'ingested_files') }}
    where
        status = 'loaded'
        and file_date is not null
    group by
        table_name,
        file_date

),

line_counts as (

    select
        date,
        sum(total_quantity) as line_count
    from product_days
    group by date

),

calendar as (

    select * from {{ ref('calendar') }}

),

-- of a day that is not complete nothing is known to be unusual: ops.missing_files names its files
volumes as (

    select
        calendar.date,
        coalesce(order_days.order_count, 0) as order_count,
        coalesce(line_counts.line_count, 0) as line_count,
        coalesce(order_days.total_sales, 0) as total_sales
    from calendar
    left join order_days
        on calendar.date = order_days.date
    left join line_counts
        on calendar.date = line_counts.date
    where calendar.is_complete

),

measures as (

    select
        'orders' as measure,
        date,
        cast(order_count as double) as amount,
        order_count
    from volumes
    union all
    select
        'order lines' as measure,
        date,
        cast(line_count as double) as amount,
        order_count
    from volumes
    union all
    select
        'sales' as measure,
        date,
        cast(total_sales as double) as amount,
        order_count
    from volumes
    union all
    select
        concat('records of ', files.table_name) as measure,
        files.file_date as date,
        cast(files.record_count as double) as amount,
        volumes.order_count
    from files
    left join volumes
        on files.file_date = volumes.date

),

newest as (

    select
        *,
        max(date) over (partition by measure) as newest_date
    from measures

),

medians as (

    select
        newest.measure,
        newest.date,
        newest.amount,
        count(*) as compared_days,
        percentile(past.amount, 0.5) as usual_amount,
        percentile(cast(past.order_count as double), 0.5) as usual_order_count,
        collect_list(past.amount) as past_amounts
    from newest
    inner join measures as past
        on
            newest.measure = past.measure
            and dayofweek(newest.date) = dayofweek(past.date)
            and newest.date > past.date
            and date_sub(newest.date, {{ 7 * var('anomaly_weeks') }}) <= past.date
    where newest.date > date_sub(newest.newest_date, {{ var('anomaly_days') }})
    group by
        newest.measure,
        newest.date,
        newest.amount
    having count(*) >= {{ var('anomaly_min_weeks') }}

),

past_days as (

    select
        *,
        explode(past_amounts) as past_amount
    from medians

),

deviations as (

    select
        measure,
        date,
        amount,
        compared_days,
        usual_amount,
        usual_order_count,
        percentile(abs(past_amount - usual_amount), 0.5) as deviation
    from past_days
    group by
        measure,
        date,
        amount,
        compared_days,
        usual_amount,
        usual_order_count

),

-- n orders vary by chance by the root of n, and what they hold with them; on a weekday that has no
-- orders as a rule there is only the number of orders to judge
spreads as (

    select
        *,
        {{ var('anomaly_spreads') }}D * greatest(
            1.4826D * deviation,
            {{ var('anomaly_min_spread') }}D * usual_amount,
            sqrt(usual_order_count + 1)
            * coalesce(usual_amount / nullif(usual_order_count, 0), 1D)
        ) as distance
    from deviations
    where
        measure = 'orders'
        or usual_order_count > 0

),

ranges as (

    select
        measure,
        date,
        compared_days,
        cast(amount as decimal(18, 2)) as amount,
        cast(round(greatest(usual_amount - distance, 0D), 2) as decimal(18, 2)) as usual_from,
        cast(round(usual_amount + distance, 2) as decimal(18, 2)) as usual_to,
        date_format(date, 'EEEE') as day_name
    from spreads

)

select
    date,
    day_name,
    measure,
    amount,
    usual_from,
    usual_to,
    compared_days
from ranges
where
    amount < usual_from
    or amount > usual_to
