-- One row per calendar day from the first to the last order date, days without an order kept.

create table gold.daily_sales as
with calendar as (
    select
        cast(unnest(generate_series(min(date), max(date), interval 1 day)) as date) as order_date
    from silver.orders
),

orders as (
    select
        *,
        row_number() over (partition by user_id order by order_timestamp, order_id) = 1 as is_first
    from silver.orders
),

order_days as (
    select
        date,
        count(*) as order_count,
        count(*) filter (where is_first) as new_customer_orders,
        count(distinct user_id) as unique_customers,
        count(distinct user_id) filter (where is_first) as new_customers,
        sum(total_amount) as total_sales,
        sum(total_amount) filter (where is_first) as new_customer_sales,
        twice_median(list(cents(total_amount))) as twice_median_cents,
        min(total_amount) as min_order_value,
        max(total_amount) as max_order_value,
        min(hour_of_day) as first_order_hour,
        max(hour_of_day) as last_order_hour
    from orders
    group by date
),

hours as (
    select
        date,
        hour_of_day,
        count(*) as order_count
    from orders
    group by date, hour_of_day
),

peaks as (
    select
        date,
        hour_of_day as peak_hour
    from hours
    qualify row_number() over (partition by date order by order_count desc, hour_of_day) = 1
),

line_days as (
    select
        date,
        count(*) as line_count,
        count(distinct product_id) as distinct_products,
        count(*) filter (where reordered = 1) as source_reorder_count,
        count(*) filter (where is_observed_reorder) as observed_reorder_count
    from silver.order_items_reorders
    group by date
),

-- Files of the two daily feeds by the date in their name; a loaded one has no fault.
daily_files as (
    select
        table_name,
        file_date,
        fault is null as is_loaded,
        rejected_count
    from bronze.files
    where table_name in ('orders', 'order_items') and file_date is not null
),

named_dates as (
    select
        min(file_date) as first_date,
        max(file_date) as last_date
    from daily_files
),

file_days as (
    select
        file_date,
        count(distinct table_name) as files_received,
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

days as (
    select
        calendar.order_date,
        order_days.*,
        peaks.peak_hour,
        line_days.* exclude (date),
        coalesce(order_days.total_sales, 0) as day_sales,
        coalesce(order_days.order_count, 0) as day_orders,
        if(
            calendar.order_date between named_dates.first_date and named_dates.last_date, 2, 0
        ) as files_expected,
        coalesce(file_days.files_received, 0) as files_received,
        coalesce(file_days.bronze_rejected_count, 0)
        + coalesce(silver_rejected_days.silver_rejected_count, 0) as rejected_rows
    from calendar
    cross join named_dates
    left join order_days on calendar.order_date = order_days.date
    left join peaks on calendar.order_date = peaks.date
    left join line_days on calendar.order_date = line_days.date
    left join file_days on calendar.order_date = file_days.file_date
    left join silver_rejected_days on calendar.order_date = silver_rejected_days.file_date
),

running as (
    select
        *,
        lag(day_sales, 1) over calendar_days as sales_day_before,
        lag(day_sales, 7) over calendar_days as sales_week_before,
        count(*) over last_7_days as days_of_7,
        count(*) over last_28_days as days_of_28,
        sum(day_sales) over last_7_days as sales_7_days,
        sum(day_orders) over last_7_days as orders_7_days,
        sum(day_sales) over last_28_days as sales_28_days,
        sum(day_sales) over month_so_far as sales_mtd,
        sum(day_sales) over calendar_days as sales_cum
    from days
    window
        calendar_days as (order by order_date),
        last_7_days as (order by order_date rows between 6 preceding and current row),
        last_28_days as (order by order_date rows between 27 preceding and current row),
        month_so_far as (partition by date_trunc('month', order_date) order by order_date)
),

final as (
    select
        order_date,

        cast(isoyear(order_date) as integer) as iso_year,
        cast(week(order_date) as integer) as iso_week,
        cast(date_trunc('month', order_date) as date) as month_start,
        cast(isodow(order_date) as integer) as day_of_week,
        isodow(order_date) >= 6 as is_weekend,
        strftime(order_date, '%Y-%m') as order_month,

        day_orders as order_count,
        coalesce(line_count, 0) as line_count,
        coalesce(distinct_products, 0) as distinct_products,
        coalesce(unique_customers, 0) as unique_customers,
        coalesce(new_customers, 0) as new_customers,
        coalesce(unique_customers - new_customers, 0) as returning_customers,
        coalesce(new_customer_orders, 0) as new_customer_orders,
        coalesce(order_count - new_customer_orders, 0) as returning_customer_orders,

        cast(day_sales as decimal(18, 2)) as total_sales,
        cast(coalesce(new_customer_sales, 0) as decimal(18, 2)) as new_customer_sales,
        cast(day_sales - coalesce(new_customer_sales, 0) as decimal(18, 2))
            as returning_customer_sales,
        mean_money(day_sales, day_orders) as avg_order_value,
        money(half_up(twice_median_cents, 2)) as median_order_value,
        min_order_value,
        max_order_value,

        mean_of(coalesce(line_count, 0), day_orders) as avg_items_per_order,
        rate(source_reorder_count, line_count) as source_reorder_rate,
        rate(observed_reorder_count, line_count) as observed_reorder_rate,

        cast(first_order_hour as integer) as first_order_hour,
        cast(last_order_hour as integer) as last_order_hour,
        cast(peak_hour as integer) as peak_hour,

        cast(sales_day_before as decimal(18, 2)) as sales_prev_day,
        growth(day_sales, sales_day_before) as sales_dod_pct,
        growth(day_sales, sales_week_before) as sales_wow_pct,
        if(days_of_7 = 7, mean_money(sales_7_days, 7), null) as sales_ma7,
        cast(if(days_of_7 = 7, mean_of(orders_7_days, 7), null) as decimal(18, 2)) as orders_ma7,
        if(days_of_28 = 28, mean_money(sales_28_days, 28), null) as sales_ma28,
        cast(days_of_7 as integer) as ma7_days_observed,
        cast(sales_mtd as decimal(18, 2)) as sales_mtd,
        cast(sales_cum as decimal(18, 2)) as sales_cum,

        cast(files_expected as bigint) as files_expected,
        files_received,
        cast(rejected_rows as bigint) as rejected_rows
    from running
)

select * from final;
