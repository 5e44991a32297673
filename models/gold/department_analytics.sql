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

calendar as (

    select * from {{ ref('calendar') }}

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
days as (

    select
        calendar.date,
        calendar.is_complete,
        order_days.order_count,
        order_days.unique_customers,
        order_days.new_customers
    from calendar
    left join order_days
        on calendar.date = order_days.date

),

periods as (

    select
        'all' as period_type,
        min(date) as period_start,
        max(date) as period_end,
        sum(if(is_complete, 0, 1)) as incomplete_days,
        true as is_summed,
        sum(order_count) as period_orders,
        sum(new_customers) as period_customers
    from days
    having count(*) > 0
    union all
    select
        'day' as period_type,
        date as period_start,
        date as period_end,
        if(is_complete, 0, 1) as incomplete_days,
        is_complete as is_summed,
        order_count as period_orders,
        unique_customers as period_customers
    from days

),

-- Every department in every period, sold or not. What is not known of a day is null: a department
-- without a line sold nothing only where the day is complete. The whole span is the sum of what is
-- known.
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
        {{ known('department_periods.total_sales', 'periods.is_summed') }}
            as total_sales,
        {{ known('department_periods.total_quantity', 'periods.is_summed') }}
            as total_quantity,
        {{ known('department_periods.order_count', 'periods.is_summed') }}
            as order_count,
        {{ known('department_periods.customer_count', 'periods.is_summed') }}
            as customer_count,
        {{ known('department_periods.new_customer_count', 'periods.is_summed') }}
            as new_customer_count,
        {{ known('department_periods.products_sold', 'periods.is_summed') }}
            as products_sold,
        {{ known('department_periods.active_products_sold', 'periods.is_summed') }}
            as active_products_sold
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
        if(
            total_sales is null,
            null,
            dense_rank() over (
                partition by period_type, period_start order by total_sales desc nulls last
            )
        ) as sales_rank,
        lag(incomplete_days) over (
            partition by department, period_type order by period_start
        ) as incomplete_days_before,
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
        case
            when incomplete_days = 0 and incomplete_days_before = 0
                then {{ growth('total_sales', 'sales_prev_period') }}
        end as growth_pct,

        -- completeness
        incomplete_days = 0 as is_complete,
        cast(incomplete_days as int) as incomplete_days,

        -- audit
        current_timestamp() as last_updated_timestamp,
        {{ run_id() }} as _run_id,

        -- partition
        department
    from compared_periods

)

select * from final
