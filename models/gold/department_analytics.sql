{{ config(
    partition_by=['department'],
    post_hook="{{ zorder(['period_start']) }}",
) }}

with

products as (

    select * from {{ ref('products') }}

),

order_days as (

    select * from {{ ref('order_days') }}

),

department_periods as (

    select * from {{ ref('department_periods') }}

),

departments as (

    select
        department,
        sum(if(is_active, 1, 0)) as product_count,
        count(distinct department_id) as department_id_count
    from products
    group by department

),

-- the whole span of the data as one period, and each calendar day of it
span as (

    select
        min(date) as first_date,
        max(date) as last_date,
        sum(order_count) as order_count,
        sum(new_customers) as customer_count
    from order_days

),

calendar as (

    select explode(sequence(first_date, last_date, interval 1 day)) as order_date
    from span

),

periods as (

    select
        'all' as period_type,
        first_date as period_start,
        last_date as period_end,
        order_count as period_orders,
        customer_count as period_customers
    from span
    where first_date is not null
    union all
    select
        'day' as period_type,
        calendar.order_date as period_start,
        calendar.order_date as period_end,
        order_days.order_count as period_orders,
        order_days.unique_customers as period_customers
    from calendar
    left join order_days
        on calendar.order_date = order_days.date

),

-- every department in every period, sold or not
all_periods as (

    select
        periods.*,
        departments.department,
        departments.product_count,
        departments.department_id_count,
        department_periods.basket_sales,
        department_periods.source_reorders,
        department_periods.observed_reorders,
        department_periods.top_product_id,
        department_periods.top_product_share,
        department_periods.hhi_products,
        department_periods.peak_day_of_week,
        department_periods.peak_hour,
        coalesce(department_periods.total_sales, 0) as total_sales,
        coalesce(department_periods.total_quantity, 0) as total_quantity,
        coalesce(department_periods.order_count, 0) as order_count,
        coalesce(department_periods.customer_count, 0) as customer_count,
        coalesce(department_periods.new_customer_count, 0) as new_customer_count,
        coalesce(department_periods.products_sold, 0) as products_sold,
        coalesce(department_periods.active_products_sold, 0) as active_products_sold
    from departments
    cross join periods
    left join department_periods
        on
            departments.department = department_periods.department
            and periods.period_type = department_periods.period_type
            and periods.period_start = department_periods.period_start

),

compared_periods as (

    select
        *,
        sum(total_sales) over (partition by period_type, period_start) as period_sales,
        dense_rank() over (
            partition by period_type, period_start order by total_sales desc
        ) as sales_rank,
        lag(total_sales) over (
            partition by department, period_type order by period_start
        ) as sales_prev_period
    from all_periods

),

final as (

    select
        -- keys
        period_type,
        period_start,
        period_end,

        -- amounts
        cast(total_sales as decimal(18, 2)) as total_sales,
        {{ share('total_sales', 'period_sales') }} as sales_share,
        {{ quotient('basket_sales', 'order_count', 'decimal(18, 2)') }} as avg_order_value,
        {{ quotient('total_sales', 'order_count', 'decimal(18, 2)') }}
            as avg_department_spend_per_order,
        {{ quotient('total_sales', 'customer_count', 'decimal(18, 2)') }}
            as avg_department_spend_per_customer,

        -- counts
        total_quantity,
        order_count,
        customer_count,
        new_customer_count,
        {{ quotient('total_quantity', 'order_count', 'decimal(9, 2)') }} as avg_units_per_order,
        products_sold,
        cast(product_count as bigint) as product_count,
        department_id_count,

        -- rates
        {{ rate('order_count', 'period_orders') }} as order_penetration,
        {{ rate('customer_count', 'period_customers') }} as customer_penetration,
        {{ rate('active_products_sold', 'product_count') }} as sell_through_rate,
        {{ rate('source_reorders', 'total_quantity') }} as source_reorder_rate,
        {{ rate('observed_reorders', 'total_quantity') }} as observed_reorder_rate,

        -- products
        top_product_id,
        top_product_share,
        hhi_products,

        -- times
        peak_day_of_week,
        peak_hour,

        -- trends
        cast(sales_rank as bigint) as sales_rank,
        cast(sales_prev_period as decimal(18, 2)) as sales_prev_period,
        {{ growth('total_sales', 'sales_prev_period') }} as growth_pct,

        -- audit
        current_timestamp() as last_updated_timestamp,
        {{ run_id() }} as _run_id,

        -- partition
        department
    from compared_periods

)

select * from final
