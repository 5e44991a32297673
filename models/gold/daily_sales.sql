{{ config(
    partition_by=['order_month'],
    post_hook="{{ zorder(['order_date']) }}",
) }}

with

order_days as (

    select * from {{ ref('order_days') }}

),

order_hours as (

    select * from {{ ref('order_hours') }}

),

product_days as (

    select * from {{ ref('product_days') }}

),

file_days as (

    select * from {{ ref('file_days') }}

),

line_days as (

    select
        date,
        sum(total_quantity) as line_count,
        count(*) as distinct_products,
        sum(source_reorders) as source_reorders,
        sum(observed_reorders) as observed_reorders
    from product_days
    group by date

),

ranked_hours as (

    select
        date,
        hour_of_day,
        row_number() over (
            partition by date order by order_count desc, hour_of_day asc
        ) as hour_rank
    from order_hours

),

hour_days as (

    select
        date,
        min(hour_of_day) as first_order_hour,
        max(hour_of_day) as last_order_hour,
        min(if(hour_rank = 1, hour_of_day, null)) as peak_hour
    from ranked_hours
    group by date

),

span as (

    select
        min(date) as first_date,
        max(date) as last_date
    from order_days

),

-- every day from the first to the last order, so that a day without orders is a row of zeros
calendar as (

    select explode(sequence(first_date, last_date, interval 1 day)) as order_date
    from span

),

days as (

    select
        calendar.order_date,
        {{ iso_weekday('calendar.order_date') }} as day_of_week,
        coalesce(order_days.total_sales, 0) as total_sales,
        coalesce(order_days.new_customer_sales, 0) as new_customer_sales,
        order_days.min_order_amount,
        order_days.median_order_amount,
        order_days.max_order_amount,
        coalesce(order_days.order_count, 0) as order_count,
        coalesce(order_days.unique_customers, 0) as unique_customers,
        coalesce(order_days.new_customers, 0) as new_customers,
        coalesce(line_days.line_count, 0) as line_count,
        coalesce(line_days.distinct_products, 0) as distinct_products,
        line_days.source_reorders,
        line_days.observed_reorders,
        hour_days.first_order_hour,
        hour_days.last_order_hour,
        hour_days.peak_hour,
        coalesce(file_days.files_expected, 0) as files_expected,
        coalesce(file_days.files_received, 0) as files_received,
        coalesce(file_days.rejected_rows, 0) as rejected_rows
    from calendar
    left join order_days
        on calendar.order_date = order_days.date
    left join line_days
        on calendar.order_date = line_days.date
    left join hour_days
        on calendar.order_date = hour_days.date
    left join file_days
        on calendar.order_date = file_days.date

),

-- the Thursday of a week lies in the year that the week belongs to, and gives its number
days_in_order as (

    select
        *,
        cast(trunc(order_date, 'month') as date) as month_start,
        date_add(order_date, 4 - day_of_week) as thursday,
        row_number() over (order by order_date) as day_number,
        lag(total_sales, 1) over (order by order_date) as sales_prev_day,
        lag(total_sales, 7) over (order by order_date) as sales_prev_week,
        sum(total_sales) over (
            order by order_date rows between 6 preceding and current row
        ) as sales_7d,
        sum(order_count) over (
            order by order_date rows between 6 preceding and current row
        ) as orders_7d,
        sum(total_sales) over (
            order by order_date rows between 27 preceding and current row
        ) as sales_28d,
        sum(total_sales) over (
            partition by trunc(order_date, 'month')
            order by order_date rows between unbounded preceding and current row
        ) as sales_mtd,
        sum(total_sales) over (
            order by order_date rows between unbounded preceding and current row
        ) as sales_cum
    from days

),

final as (

    select
        -- keys
        order_date,

        -- calendar
        cast(year(thursday) as int) as iso_year,
        cast((dayofyear(thursday) - 1) div 7 + 1 as int) as iso_week,
        month_start,
        day_of_week,
        day_of_week >= 6 as is_weekend,

        -- amounts
        cast(total_sales as decimal(18, 2)) as total_sales,
        cast(new_customer_sales as decimal(18, 2)) as new_customer_sales,
        cast(total_sales - new_customer_sales as decimal(18, 2)) as returning_customer_sales,
        {{ quotient('total_sales', 'order_count', 'decimal(18, 2)') }} as avg_order_value,
        median_order_amount as median_order_value,
        min_order_amount as min_order_value,
        max_order_amount as max_order_value,

        -- counts
        order_count,
        new_customers as new_customer_orders,
        order_count - new_customers as returning_customer_orders,
        line_count,
        distinct_products,
        unique_customers,
        new_customers,
        unique_customers - new_customers as returning_customers,
        {{ quotient('line_count', 'order_count', 'decimal(9, 2)') }} as avg_items_per_order,

        -- rates
        {{ rate('source_reorders', 'line_count') }} as source_reorder_rate,
        {{ rate('observed_reorders', 'line_count') }} as observed_reorder_rate,

        -- times
        first_order_hour,
        last_order_hour,
        peak_hour,

        -- trends
        cast(sales_prev_day as decimal(18, 2)) as sales_prev_day,
        {{ growth('total_sales', 'sales_prev_day') }} as sales_dod_pct,
        {{ growth('total_sales', 'sales_prev_week') }} as sales_wow_pct,
        if(day_number >= 7, {{ quotient('sales_7d', '7', 'decimal(18, 2)') }}, null) as sales_ma7,
        if(day_number >= 7, {{ quotient('orders_7d', '7', 'decimal(18, 2)') }}, null)
            as orders_ma7,
        cast(least(day_number, 7) as int) as ma7_days_observed,
        if(day_number >= 28, {{ quotient('sales_28d', '28', 'decimal(18, 2)') }}, null)
            as sales_ma28,
        cast(sales_mtd as decimal(18, 2)) as sales_mtd,
        cast(sales_cum as decimal(18, 2)) as sales_cum,

        -- completeness
        files_expected,
        files_received,
        rejected_rows,

        -- audit
        current_timestamp() as last_updated_timestamp,
        {{ run_id() }} as _run_id,

        -- partition
        date_format(order_date, 'yyyy-MM') as order_month
    from days_in_order

)

select * from final
