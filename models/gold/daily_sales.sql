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

calendar as (

    select * from {{ ref('calendar') }}

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

-- What is not known is null. Where all files are there, no orders are 0 orders; what other files
-- have of a day is shown as far as it goes.
days as (

    select
        calendar.date as order_date,
        calendar.day_of_week,
        calendar.orders_complete,
        calendar.lines_complete,
        calendar.is_complete,
        calendar.files_expected,
        calendar.files_received,
        calendar.rejected_rows,
        {{ known('order_days.total_sales', 'calendar.orders_complete') }} as total_sales,
        {{ known('order_days.new_customer_sales', 'calendar.orders_complete') }}
            as new_customer_sales,
        order_days.min_order_amount,
        order_days.median_order_amount,
        order_days.max_order_amount,
        {{ known('order_days.order_count', 'calendar.orders_complete') }} as order_count,
        {{ known('order_days.unique_customers', 'calendar.orders_complete') }} as unique_customers,
        {{ known('order_days.new_customers', 'calendar.orders_complete') }} as new_customers,
        {{ known('line_days.line_count', 'calendar.is_complete') }} as line_count,
        {{ known('line_days.distinct_products', 'calendar.is_complete') }} as distinct_products,
        line_days.source_reorders,
        line_days.observed_reorders,
        hour_days.first_order_hour,
        hour_days.last_order_hour,
        hour_days.peak_hour
    from calendar
    left join order_days
        on calendar.date = order_days.date
    left join line_days
        on calendar.date = line_days.date
    left join hour_days
        on calendar.date = hour_days.date

),

-- the Thursday of a week lies in the year that the week belongs to, and gives its number
days_in_order as (

    select
        *,
        cast(trunc(order_date, 'month') as date) as month_start,
        date_add(order_date, 4 - day_of_week) as thursday,
        row_number() over (order by order_date) as day_number,
        lag(total_sales, 1) over (order by order_date) as sales_prev_day,
        lag(if(is_complete, total_sales, null), 1) over (order by order_date)
            as complete_sales_prev_day,
        lag(if(is_complete, total_sales, null), 7) over (order by order_date)
            as complete_sales_prev_week,
        sum(if(is_complete, 1, 0)) over (
            order by order_date rows between 6 preceding and current row
        ) as days_7d,
        sum(if(is_complete, total_sales, 0)) over (
            order by order_date rows between 6 preceding and current row
        ) as sales_7d,
        sum(if(is_complete, order_count, 0)) over (
            order by order_date rows between 6 preceding and current row
        ) as orders_7d,
        sum(if(is_complete, 1, 0)) over (
            order by order_date rows between 27 preceding and current row
        ) as days_28d,
        sum(if(is_complete, total_sales, 0)) over (
            order by order_date rows between 27 preceding and current row
        ) as sales_28d,
        sum(if(is_complete, 0, 1)) over (
            partition by trunc(order_date, 'month')
            order by order_date rows between unbounded preceding and current row
        ) as incomplete_days_mtd,
        sum(total_sales) over (
            partition by trunc(order_date, 'month')
            order by order_date rows between unbounded preceding and current row
        ) as sales_mtd,
        sum(total_sales) over (
            order by order_date rows between unbounded preceding and current row
        ) as sales_cum
    from days

),

-- a mean waits for its first full window, and for enough days in it that are known
with_means as (

    select
        *,
        day_number >= 7 and days_7d >= {{ var('ma7_min_days_observed') }} as has_ma7,
        day_number >= 28 and days_28d >= {{ var('ma28_min_days_observed') }} as has_ma28
    from days_in_order

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
        if(is_complete, {{ growth('total_sales', 'complete_sales_prev_day') }}, null)
            as sales_dod_pct,
        if(is_complete, {{ growth('total_sales', 'complete_sales_prev_week') }}, null)
            as sales_wow_pct,
        if(has_ma7, {{ quotient('sales_7d', 'days_7d', 'decimal(18, 2)') }}, null) as sales_ma7,
        if(has_ma7, {{ quotient('orders_7d', 'days_7d', 'decimal(18, 2)') }}, null) as orders_ma7,
        cast(days_7d as int) as ma7_days_observed,
        if(has_ma28, {{ quotient('sales_28d', 'days_28d', 'decimal(18, 2)') }}, null)
            as sales_ma28,
        cast(days_28d as int) as ma28_days_observed,
        cast(sales_mtd as decimal(18, 2)) as sales_mtd,
        cast(incomplete_days_mtd as int) as incomplete_days_mtd,
        cast(sales_cum as decimal(18, 2)) as sales_cum,

        -- completeness
        orders_complete,
        lines_complete,
        is_complete,
        files_expected,
        files_received,
        rejected_rows,

        -- audit
        current_timestamp() as last_updated_timestamp,
        {{ run_id() }} as _run_id,

        -- partition
        date_format(order_date, 'yyyy-MM') as order_month
    from with_means

)

select * from final
