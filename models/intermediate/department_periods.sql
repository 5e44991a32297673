with

products as (

    select * from {{ ref('products') }}

),

calendar as (

    select * from {{ ref('calendar') }}

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

-- a day lies in two periods: the whole span of the data, and the day itself
day_periods as (

    select
        date,
        day_of_week,
        is_complete,
        'all' as period_type,
        min(date) over () as period_start
    from calendar
    union all
    select
        date,
        day_of_week,
        is_complete,
        'day' as period_type,
        date as period_start
    from calendar

),

-- an order lies on one day, and a customer is new to a department on one day only
sales as (

    select
        department_days.department,
        day_periods.period_type,
        day_periods.period_start,
        sum(department_days.total_sales) as total_sales,
        sum(department_days.basket_sales) as basket_sales,
        sum(department_days.total_quantity) as total_quantity,
        sum(department_days.order_count) as order_count,
        sum(
            if(
                day_periods.period_type = 'all',
                department_days.new_customers,
                department_days.customer_count
            )
        ) as customer_count,
        sum(department_days.new_customers) as new_customer_count
    from department_days
    inner join day_periods
        on department_days.date = day_periods.date
    group by
        department_days.department,
        day_periods.period_type,
        day_periods.period_start

),

product_sales as (

    select
        products.department,
        day_periods.period_type,
        day_periods.period_start,
        products.product_id,
        products.is_active,
        sum(product_days.total_sales) as total_sales,
        sum(product_days.source_reorders) as source_reorders,
        sum(product_days.observed_reorders) as observed_reorders
    from product_days
    inner join day_periods
        on product_days.date = day_periods.date
    inner join products
        on product_days.product_id = products.product_id
    group by
        products.department,
        day_periods.period_type,
        day_periods.period_start,
        products.product_id,
        products.is_active

),

product_shares as (

    select
        *,
        {{ share(
            'total_sales',
            'sum(total_sales) over (partition by department, period_type, period_start)'
        ) }} as product_share,
        row_number() over (
            partition by department, period_type, period_start
            order by total_sales desc, product_id asc
        ) as product_rank
    from product_sales

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

-- Lines by weekday and lines by hour: a row has one of the two. Over the whole span a day that is
-- not complete would make its weekday look quiet.
clock_lines as (

    select
        department_hours.department,
        day_periods.period_type,
        day_periods.period_start,
        day_periods.day_of_week,
        department_hours.hour_of_day,
        sum(department_hours.total_quantity) as total_quantity
    from department_hours
    inner join day_periods
        on department_hours.date = day_periods.date
    where day_periods.is_complete or day_periods.period_type = 'day'
    group by grouping sets (
        (
            department_hours.department, day_periods.period_type, day_periods.period_start,
            day_periods.day_of_week
        ),
        (
            department_hours.department, day_periods.period_type, day_periods.period_start,
            department_hours.hour_of_day
        )
    )

),

-- most lines; a weekday or an hour is below 100, so of equal counts the lowest one wins
peaks as (

    select
        department,
        period_type,
        period_start,
        max_by(day_of_week, total_quantity * 100 - day_of_week) as peak_day_of_week,
        max_by(hour_of_day, total_quantity * 100 - hour_of_day) as peak_hour
    from clock_lines
    group by
        department,
        period_type,
        period_start

),

final as (

    select
        -- keys
        sales.department,
        sales.period_type,
        sales.period_start,

        -- amounts
        sales.total_sales,
        sales.basket_sales,

        -- counts
        sales.total_quantity,
        sales.order_count,
        sales.customer_count,
        sales.new_customer_count,
        assortments.products_sold,
        assortments.active_products_sold,
        assortments.source_reorders,
        assortments.observed_reorders,

        -- products
        assortments.top_product_id,
        assortments.top_product_share,
        cast(assortments.hhi_products as decimal(18, 12)) as hhi_products,

        -- times
        peaks.peak_day_of_week,
        peaks.peak_hour
    from sales
    left join assortments
        on
            sales.department = assortments.department
            and sales.period_type = assortments.period_type
            and sales.period_start = assortments.period_start
    left join peaks
        on
            sales.department = peaks.department
            and sales.period_type = peaks.period_type
            and sales.period_start = peaks.period_start

)

select * from final
