-- One row per department and period: the whole time (all) and every calendar day (day) from the
-- first to the last order date. A period without a sale is a row of zeros.

create table gold.department_analytics as
with departments as (
    select
        department,
        count(*) filter (where is_active) as product_count
    from silver.products
    group by department
),

periods as (
    select
        'all' as period_type,
        min(date) as period_start,
        max(date) as period_end
    from silver.orders
    having count(*) > 0
    union all
    select
        'day' as period_type,
        order_date as period_start,
        order_date as period_end
    from gold.daily_sales
),

lines as (
    select
        items.order_id,
        items.user_id,
        items.product_id,
        items.date,
        items.allocated_amount,
        products.department
    from silver.order_items as items
    inner join silver.products as products on items.product_id = products.product_id
),

final as (
    select
        departments.department,
        periods.period_type,
        periods.period_start,
        periods.period_end,

        cast(coalesce(sum(lines.allocated_amount), 0) as decimal(18, 2)) as total_sales,

        count(lines.order_id) as total_quantity,
        count(distinct lines.order_id) as order_count,
        count(distinct lines.user_id) as customer_count,
        count(distinct lines.product_id) as products_sold,
        departments.product_count
    from departments
    cross join periods
    left join lines
        on
            departments.department = lines.department
            and lines.date between periods.period_start and periods.period_end
    group by
        departments.department,
        departments.product_count,
        periods.period_type,
        periods.period_start,
        periods.period_end
)

select * from final;
