-- One row per calendar day from the first to the last with an order or a daily file. What the files
-- of a day say is shown as far as it is known: without all of them, no orders are not 0 orders.

create table gold.daily_sales as
with orders as (
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

days as (
    select
        known_days.* exclude (date),
        known_days.date as order_date,
        order_days.*,
        peaks.peak_hour,
        line_days.* exclude (date),
        case when orders_complete then 0 end as no_orders,
        case when is_complete then 0 end as no_lines,
        coalesce(order_days.total_sales, no_orders) as day_sales,
        coalesce(order_days.order_count, no_orders) as day_orders
    from silver.known_days as known_days
    left join order_days on known_days.date = order_days.date
    left join peaks on known_days.date = peaks.date
    left join line_days on known_days.date = line_days.date
),

running as (
    select
        *,
        lag(day_sales, 1) over calendar_days as sales_day_before,
        lag(day_sales, 7) over calendar_days as sales_week_before,
        lag(is_complete, 1) over calendar_days as is_complete_day_before,
        lag(is_complete, 7) over calendar_days as is_complete_week_before,
        row_number() over calendar_days as day_number,
        count(*) filter (where is_complete) over last_7_days as days_of_7,
        count(*) filter (where is_complete) over last_28_days as days_of_28,
        count(*) filter (where not is_complete) over month_so_far as incomplete_days_mtd,
        sum(day_sales) filter (where is_complete) over last_7_days as sales_7_days,
        sum(day_orders) filter (where is_complete) over last_7_days as orders_7_days,
        sum(day_sales) filter (where is_complete) over last_28_days as sales_28_days,
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
        coalesce(line_count, no_lines) as line_count,
        coalesce(distinct_products, no_lines) as distinct_products,
        coalesce(unique_customers, no_orders) as unique_customers,
        coalesce(new_customers, no_orders) as new_customers,
        coalesce(unique_customers - new_customers, no_orders) as returning_customers,
        coalesce(new_customer_orders, no_orders) as new_customer_orders,
        coalesce(order_count - new_customer_orders, no_orders) as returning_customer_orders,

        cast(day_sales as decimal(18, 2)) as total_sales,
        cast(if(day_sales is null, null, coalesce(new_customer_sales, 0)) as decimal(18, 2))
            as new_customer_sales,
        cast(day_sales - coalesce(new_customer_sales, 0) as decimal(18, 2))
            as returning_customer_sales,
        mean_money(day_sales, day_orders) as avg_order_value,
        money(half_up(twice_median_cents, 2)) as median_order_value,
        min_order_value,
        max_order_value,

        mean_of(coalesce(line_count, no_lines), day_orders) as avg_items_per_order,
        rate(source_reorder_count, line_count) as source_reorder_rate,
        rate(observed_reorder_count, line_count) as observed_reorder_rate,

        cast(first_order_hour as integer) as first_order_hour,
        cast(last_order_hour as integer) as last_order_hour,
        cast(peak_hour as integer) as peak_hour,

        cast(sales_day_before as decimal(18, 2)) as sales_prev_day,
        if(is_complete and is_complete_day_before, growth(day_sales, sales_day_before), null)
            as sales_dod_pct,
        if(is_complete and is_complete_week_before, growth(day_sales, sales_week_before), null)
            as sales_wow_pct,
        if(day_number >= 7 and days_of_7 >= 5, mean_money(sales_7_days, days_of_7), null)
            as sales_ma7,
        cast(
            if(day_number >= 7 and days_of_7 >= 5, mean_of(orders_7_days, days_of_7), null)
            as decimal(18, 2)
        ) as orders_ma7,
        if(day_number >= 28 and days_of_28 >= 20, mean_money(sales_28_days, days_of_28), null)
            as sales_ma28,
        cast(days_of_7 as integer) as ma7_days_observed,
        cast(days_of_28 as integer) as ma28_days_observed,
        cast(incomplete_days_mtd as integer) as incomplete_days_mtd,
        cast(sales_mtd as decimal(18, 2)) as sales_mtd,
        cast(sales_cum as decimal(18, 2)) as sales_cum,

        orders_complete,
        lines_complete,
        is_complete,
        cast(files_expected as bigint) as files_expected,
        files_received,
        cast(rejected_rows as bigint) as rejected_rows
    from running
)

select * from final;
