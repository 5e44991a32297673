{{ config(
    partition_by=['order_month'],
    post_hook="{{ zorder(['order_date']) }}",
) }}

with

order_days as (

    select * from {{ ref('order_days') }}

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

final as (

    select
        -- keys
        calendar.order_date,

        -- amounts
        cast(coalesce(order_days.total_sales, 0) as decimal(18, 2)) as total_sales,
        {{ quotient('order_days.total_sales', 'order_days.order_count', 'decimal(18, 2)') }}
            as avg_order_value,

        -- counts
        coalesce(order_days.order_count, 0) as order_count,
        coalesce(order_days.unique_customers, 0) as unique_customers,
        coalesce(order_days.new_customers, 0) as new_customers,
        coalesce(order_days.unique_customers - order_days.new_customers, 0)
            as returning_customers,

        -- audit
        current_timestamp() as last_updated_timestamp,
        {{ run_id() }} as _run_id,

        -- partition
        date_format(calendar.order_date, 'yyyy-MM') as order_month
    from calendar
    left join order_days
        on calendar.order_date = order_days.date

)

select * from final
