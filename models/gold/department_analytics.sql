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

departments as (

    select
        department,
        sum(if(is_active, 1, 0)) as product_count
    from products
    group by department

),

-- the whole span of the data as one period, and each calendar day of it
span as (

    select
        min(date) as first_date,
        max(date) as last_date
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
        last_date as period_end
    from span
    where first_date is not null
    union all
    select
        'day' as period_type,
        order_date as period_start,
        order_date as period_end
    from calendar

),

-- an order lies on one day, and a customer is new to a department on one day only
order_periods as (

    select
        department,
        'all' as period_type,
        sum(total_quantity) as total_quantity,
        sum(total_sales) as total_sales,
        sum(order_count) as order_count,
        sum(new_customers) as customer_count,
        cast(null as date) as order_date
    from department_days
    group by department
    union all
    select
        department,
        'day' as period_type,
        total_quantity,
        total_sales,
        order_count,
        customer_count,
        date as order_date
    from department_days

),

sold_products as (

    select
        products.department,
        products.product_id
    from products
    left semi join product_days
        on products.product_id = product_days.product_id

),

product_periods as (

    select
        department,
        'all' as period_type,
        count(*) as products_sold,
        cast(null as date) as order_date
    from sold_products
    group by department
    union all
    select
        department,
        'day' as period_type,
        products_sold,
        date as order_date
    from department_days

),

final as (

    select
        -- keys
        periods.period_type,
        periods.period_start,
        periods.period_end,

        -- amounts
        cast(coalesce(order_periods.total_sales, 0) as decimal(18, 2)) as total_sales,

        -- counts
        coalesce(order_periods.total_quantity, 0) as total_quantity,
        coalesce(order_periods.order_count, 0) as order_count,
        coalesce(order_periods.customer_count, 0) as customer_count,
        coalesce(product_periods.products_sold, 0) as products_sold,
        cast(departments.product_count as bigint) as product_count,

        -- audit
        current_timestamp() as last_updated_timestamp,
        {{ run_id() }} as _run_id,

        -- partition
        departments.department
    from departments
    cross join periods
    left join order_periods
        on
            departments.department = order_periods.department
            and periods.period_type = order_periods.period_type
            and (periods.period_type = 'all' or periods.period_start = order_periods.order_date)
    left join product_periods
        on
            departments.department = product_periods.department
            and periods.period_type = product_periods.period_type
            and (periods.period_type = 'all' or periods.period_start = product_periods.order_date)

)

select * from final
