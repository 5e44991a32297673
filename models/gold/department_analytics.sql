{{ config(
    partition_by=['department'],
    post_hook="{{ zorder(['period_start']) }}",
) }}

with

products as (

    select * from {{ ref('products') }}

),

order_items as (

    select * from {{ ref('order_items') }}

),

orders as (

    select * from {{ ref('orders') }}

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
    from orders

),

days as (

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
    from days

),

lines as (

    select
        products.department,
        order_items.date,
        order_items.product_id,
        order_items.order_id,
        order_items.user_id,
        order_items.allocated_amount
    from order_items
    inner join products
        on order_items.product_id = products.product_id

),

sales as (

    select
        lines.department,
        periods.period_type,
        periods.period_start,
        sum(lines.allocated_amount) as total_sales,
        count(*) as total_quantity,
        count(distinct lines.order_id) as order_count,
        count(distinct lines.user_id) as customer_count,
        count(distinct lines.product_id) as products_sold
    from lines
    inner join periods
        on lines.date between periods.period_start and periods.period_end
    group by
        lines.department,
        periods.period_type,
        periods.period_start

),

final as (

    select
        -- keys
        periods.period_type,
        periods.period_start,
        periods.period_end,

        -- amounts
        cast(coalesce(sales.total_sales, 0) as decimal(18, 2)) as total_sales,

        -- counts
        coalesce(sales.total_quantity, 0) as total_quantity,
        coalesce(sales.order_count, 0) as order_count,
        coalesce(sales.customer_count, 0) as customer_count,
        coalesce(sales.products_sold, 0) as products_sold,
        cast(departments.product_count as bigint) as product_count,

        -- audit
        current_timestamp() as last_updated_timestamp,
        {{ run_id() }} as _run_id,

        -- partition
        departments.department
    from departments
    cross join periods
    left join sales
        on
            departments.department = sales.department
            and periods.period_type = sales.period_type
            and periods.period_start = sales.period_start

)

select * from final
