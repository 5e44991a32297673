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

product_days as (

    select * from {{ ref('product_days') }}

),

department_days as (

    select * from {{ ref('department_days') }}

),

department_hours as (

    select * from {{ ref('department_hours') }}

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

-- an order lies on one day, and a customer is new to a department on one day only
sales as (

    select
        department_days.department,
        'all' as period_type,
        span.first_date as period_start,
        sum(department_days.total_sales) as total_sales,
        sum(department_days.basket_sales) as basket_sales,
        sum(department_days.total_quantity) as total_quantity,
        sum(department_days.order_count) as order_count,
        sum(department_days.new_customers) as customer_count,
        sum(department_days.new_customers) as new_customer_count
    from department_days
    cross join span
    group by
        department_days.department,
        span.first_date
    union all
    select
        department,
        'day' as period_type,
        date as period_start,
        total_sales,
        basket_sales,
        total_quantity,
        order_count,
        customer_count,
        new_customers as new_customer_count
    from department_days

),

product_sales as (

    select
        products.department,
        products.product_id,
        products.is_active,
        product_days.date,
        product_days.total_sales,
        product_days.source_reorders,
        product_days.observed_reorders
    from product_days
    inner join products
        on product_days.product_id = products.product_id

),

product_periods as (

    select
        product_sales.department,
        'all' as period_type,
        span.first_date as period_start,
        product_sales.product_id,
        product_sales.is_active,
        sum(product_sales.total_sales) as total_sales,
        sum(product_sales.source_reorders) as source_reorders,
        sum(product_sales.observed_reorders) as observed_reorders
    from product_sales
    cross join span
    group by
        product_sales.department,
        span.first_date,
        product_sales.product_id,
        product_sales.is_active
    union all
    select
        department,
        'day' as period_type,
        date as period_start,
        product_id,
        is_active,
        total_sales,
        source_reorders,
        observed_reorders
    from product_sales

),

product_shares as (

    select
        product_periods.*,
        {{ share('product_periods.total_sales', 'sales.total_sales') }} as product_share,
        row_number() over (
            partition by
                product_periods.department,
                product_periods.period_type,
                product_periods.period_start
            order by product_periods.total_sales desc, product_periods.product_id asc
        ) as product_rank
    from product_periods
    inner join sales
        on
            product_periods.department = sales.department
            and product_periods.period_type = sales.period_type
            and product_periods.period_start = sales.period_start

),

assortments as (

    select
        department,
        period_type,
        period_start,
        count(*) as products_sold,
        sum(if(is_active, 1, 0)) as active_products_sold,
        sum(source_reorders) as source_reorders,
        sum(observed_reorders) as observed_reorders,
        min(if(product_rank = 1, product_id, null)) as top_product_id,
        max(if(product_rank = 1, product_share, null)) as top_product_share,
        sum(product_share * product_share) as hhi_products
    from product_shares
    group by
        department,
        period_type,
        period_start

),

-- lines by weekday and by hour, of which the busiest is wanted
clock_lines as (

    select
        department_hours.department,
        'all' as period_type,
        span.first_date as period_start,
        'weekday' as clock,
        {{ iso_weekday('department_hours.date') }} as clock_value,
        department_hours.total_quantity
    from department_hours
    cross join span
    union all
    select
        department_hours.department,
        'all' as period_type,
        span.first_date as period_start,
        'hour' as clock,
        department_hours.hour_of_day as clock_value,
        department_hours.total_quantity
    from department_hours
    cross join span
    union all
    select
        department,
        'day' as period_type,
        date as period_start,
        'weekday' as clock,
        {{ iso_weekday('date') }} as clock_value,
        total_quantity
    from department_hours
    union all
    select
        department,
        'day' as period_type,
        date as period_start,
        'hour' as clock,
        hour_of_day as clock_value,
        total_quantity
    from department_hours

),

clock_totals as (

    select
        department,
        period_type,
        period_start,
        clock,
        clock_value,
        sum(total_quantity) as total_quantity
    from clock_lines
    group by
        department,
        period_type,
        period_start,
        clock,
        clock_value

),

ranked_clock as (

    select
        *,
        row_number() over (
            partition by department, period_type, period_start, clock
            order by total_quantity desc, clock_value asc
        ) as clock_rank
    from clock_totals

),

peaks as (

    select
        department,
        period_type,
        period_start,
        max(if(clock = 'weekday', clock_value, null)) as peak_day_of_week,
        max(if(clock = 'hour', clock_value, null)) as peak_hour
    from ranked_clock
    where clock_rank = 1
    group by
        department,
        period_type,
        period_start

),

department_periods as (

    select
        periods.*,
        departments.department,
        departments.product_count,
        departments.department_id_count,
        sales.basket_sales,
        coalesce(sales.total_sales, 0) as total_sales,
        coalesce(sales.total_quantity, 0) as total_quantity,
        coalesce(sales.order_count, 0) as order_count,
        coalesce(sales.customer_count, 0) as customer_count,
        coalesce(sales.new_customer_count, 0) as new_customer_count
    from departments
    cross join periods
    left join sales
        on
            departments.department = sales.department
            and periods.period_type = sales.period_type
            and periods.period_start = sales.period_start

),

ranked_periods as (

    select
        *,
        sum(total_sales) over (partition by period_type, period_start) as period_sales,
        dense_rank() over (
            partition by period_type, period_start order by total_sales desc
        ) as sales_rank,
        lag(total_sales) over (
            partition by department, period_type order by period_start
        ) as sales_prev_period
    from department_periods

),

final as (

    select
        -- keys
        ranked_periods.period_type,
        ranked_periods.period_start,
        ranked_periods.period_end,

        -- amounts
        cast(ranked_periods.total_sales as decimal(18, 2)) as total_sales,
        {{ share('ranked_periods.total_sales', 'ranked_periods.period_sales') }} as sales_share,
        {{ quotient(
            'ranked_periods.basket_sales', 'ranked_periods.order_count', 'decimal(18, 2)'
        ) }} as avg_order_value,
        {{ quotient(
            'ranked_periods.total_sales', 'ranked_periods.order_count', 'decimal(18, 2)'
        ) }} as avg_department_spend_per_order,
        {{ quotient(
            'ranked_periods.total_sales', 'ranked_periods.customer_count', 'decimal(18, 2)'
        ) }} as avg_department_spend_per_customer,

        -- counts
        ranked_periods.total_quantity,
        ranked_periods.order_count,
        ranked_periods.customer_count,
        ranked_periods.new_customer_count,
        {{ quotient(
            'ranked_periods.total_quantity', 'ranked_periods.order_count', 'decimal(9, 2)'
        ) }} as avg_units_per_order,
        coalesce(assortments.products_sold, 0) as products_sold,
        cast(ranked_periods.product_count as bigint) as product_count,
        ranked_periods.department_id_count,

        -- rates
        {{ rate('ranked_periods.order_count', 'ranked_periods.period_orders') }}
            as order_penetration,
        {{ rate('ranked_periods.customer_count', 'ranked_periods.period_customers') }}
            as customer_penetration,
        {{ rate('coalesce(assortments.active_products_sold, 0)', 'ranked_periods.product_count') }}
            as sell_through_rate,
        {{ rate('assortments.source_reorders', 'ranked_periods.total_quantity') }}
            as source_reorder_rate,
        {{ rate('assortments.observed_reorders', 'ranked_periods.total_quantity') }}
            as observed_reorder_rate,

        -- products
        assortments.top_product_id,
        assortments.top_product_share,
        cast(assortments.hhi_products as decimal(18, 12)) as hhi_products,

        -- times
        peaks.peak_day_of_week,
        peaks.peak_hour,

        -- trends
        cast(ranked_periods.sales_rank as bigint) as sales_rank,
        cast(ranked_periods.sales_prev_period as decimal(18, 2)) as sales_prev_period,
        {{ growth('ranked_periods.total_sales', 'ranked_periods.sales_prev_period') }}
            as growth_pct,

        -- audit
        current_timestamp() as last_updated_timestamp,
        {{ run_id() }} as _run_id,

        -- partition
        ranked_periods.department
    from ranked_periods
    left join assortments
        on
            ranked_periods.department = assortments.department
            and ranked_periods.period_type = assortments.period_type
            and ranked_periods.period_start = assortments.period_start
    left join peaks
        on
            ranked_periods.department = peaks.department
            and ranked_periods.period_type = peaks.period_type
            and ranked_periods.period_start = peaks.period_start

)

select * from final
