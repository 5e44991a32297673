{{ config(
    partition_by=['order_month'],
    post_hook="{{ zorder(['order_date']) }}",
) }}

with

orders as (

    select * from {{ ref('orders') }}

),

sequenced_orders as (

    select
        date as order_date,
        user_id,
        total_amount,
        row_number() over (
            partition by user_id
            order by order_timestamp, order_id
        ) as user_order_sequence
    from orders

),

span as (

    select
        min(date) as first_date,
        max(date) as last_date
    from orders

),

-- every day from the first to the last order, so that a day without orders is a row of zeros
calendar as (

    select explode(sequence(first_date, last_date, interval 1 day)) as order_date
    from span

),

days as (

    select
        order_date,
        sum(total_amount) as total_sales,
        count(*) as order_count,
        count(distinct user_id) as unique_customers,
        count(distinct case when user_order_sequence = 1 then user_id end) as new_customers
    from sequenced_orders
    group by order_date

),

final as (

    select
        -- keys
        calendar.order_date,

        -- amounts
        cast(coalesce(days.total_sales, 0) as decimal(18, 2)) as total_sales,
        {{ quotient('days.total_sales', 'days.order_count', 'decimal(18, 2)') }} as avg_order_value,

        -- counts
        coalesce(days.order_count, 0) as order_count,
        coalesce(days.unique_customers, 0) as unique_customers,
        coalesce(days.new_customers, 0) as new_customers,
        coalesce(days.unique_customers - days.new_customers, 0) as returning_customers,

        -- audit
        current_timestamp() as last_updated_timestamp,
        {{ run_id() }} as _run_id,

        -- partition
        date_format(calendar.order_date, 'yyyy-MM') as order_month
    from calendar
    left join days
        on calendar.order_date = days.order_date

)

select * from final
