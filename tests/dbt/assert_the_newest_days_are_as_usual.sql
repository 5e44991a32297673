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

-- a file of which no order is valid is a day as well
known_days as (

    select date
    from order_days
    union all
    select file_date as date
    from files
    where table_name = 'orders'

),

span as (

    select
        min(date) as first_date,
        max(date) as last_date
    from known_days

),

calendar as (

    select explode(sequence(first_date, last_date, interval 1 day)) as date
    from span

),

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

),

-- of a day without a file there are no records to judge: ops.missing_files names it
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
        coalesce(order_days.order_count, 0) as order_count
    from files
    left join order_days
        on files.file_date = order_days.date

),

newest as (

    select
        measure,
        max(date) as newest_date
    from measures
    group by measure

),

pairs as (

    select
        judged.measure,
        judged.date,
        judged.amount,
        past.amount as past_amount,
        past.order_count as past_order_count
    from measures as judged
    inner join newest
        on
            judged.measure = newest.measure
            and judged.date > date_sub(newest.newest_date, {{ var('anomaly_days') }})
    inner join measures as past
        on
            judged.measure = past.measure
            and dayofweek(judged.date) = dayofweek(past.date)
            and judged.date > past.date
            and date_sub(judged.date, {{ 7 * var('anomaly_weeks') }}) <= past.date

),

medians as (

    select
        measure,
        date,
        count(*) as compared_days,
        percentile(past_amount, 0.5) as usual_amount,
        percentile(cast(past_order_count as double), 0.5) as usual_order_count
    from pairs
    group by
        measure,
        date
    having count(*) >= {{ var('anomaly_min_weeks') }}

),

deviations as (

    select
        pairs.measure,
        pairs.date,
        percentile(abs(pairs.past_amount - medians.usual_amount), 0.5) as deviation
    from pairs
    inner join medians
        on
            pairs.measure = medians.measure
            and pairs.date = medians.date
    group by
        pairs.measure,
        pairs.date

),

-- n orders vary by chance by the root of n, and what they hold with them; on a weekday that has no
-- orders as a rule there is only the number of orders to judge
spreads as (

    select
        medians.*,
        greatest(
            1.4826D * deviations.deviation,
            {{ var('anomaly_min_spread') }}D * medians.usual_amount,
            sqrt(medians.usual_order_count + 1)
            * coalesce(medians.usual_amount / nullif(medians.usual_order_count, 0), 1D)
        ) as spread
    from medians
    inner join deviations
        on
            medians.measure = deviations.measure
            and medians.date = deviations.date
    where
        medians.measure = 'orders'
        or medians.usual_order_count > 0

),

judged_amounts as (

    select
        spreads.measure,
        spreads.date,
        spreads.compared_days,
        cast(measures.amount as decimal(18, 2)) as amount,
        spreads.usual_amount - {{ var('anomaly_spreads') }}D * spreads.spread as lowest,
        spreads.usual_amount + {{ var('anomaly_spreads') }}D * spreads.spread as highest
    from spreads
    inner join measures
        on
            spreads.measure = measures.measure
            and spreads.date = measures.date

),

ranges as (

    select
        measure,
        date,
        amount,
        compared_days,
        cast(round(greatest(lowest, 0D), 2) as decimal(18, 2)) as usual_from,
        cast(round(highest, 2) as decimal(18, 2)) as usual_to,
        date_format(date, 'EEEE') as day_name
    from judged_amounts

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
