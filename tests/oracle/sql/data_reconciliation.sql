-- One row per measure that two relations must agree on. What customers are counted by ends at the
-- as-of date, and so does what it is compared with. Money of orders without a line is allocated to
-- no product.

create table gold.data_reconciliation as
with counted_orders as (
    select
        sum(total_amount) as total_sales,
        count(*) as order_count,
        count(distinct user_id) as customer_count,
        sum(total_amount) filter (
            where order_id not in (select order_id from silver.order_items)
        ) as unallocated_sales
    from silver.orders
),

orders_as_of as (
    select
        sum(total_amount) as total_sales,
        count(*) as order_count,
        count(distinct user_id) as customer_count
    from silver.orders
    where date <= getvariable('as_of_date')
),

-- What goes by weekday and hour is of complete days alone.
orders_of_complete_days as (
    select
        sum(orders.total_amount) as total_sales,
        count(*) as order_count
    from silver.orders as orders
    inner join silver.known_days as known_days on orders.date = known_days.date
    where known_days.is_complete
),

items as (
    select
        sum(allocated_amount) as total_sales,
        count(*) as line_count,
        count(*) filter (where date <= getvariable('as_of_date')) as line_count_as_of
    from silver.order_items
),

products as (
    select count(*) as product_count
    from silver.products
),

days as (
    select
        sum(total_sales) as total_sales,
        sum(order_count) as order_count,
        sum(line_count) as line_count,
        sum(new_customers) as new_customers
    from gold.daily_sales
),

performances as (
    select
        sum(total_sales) as total_sales,
        sum(total_quantity) as line_count,
        count(*) as product_count
    from gold.product_performance
),

departments as (
    select
        sum(total_sales) as total_sales,
        sum(total_quantity) as line_count
    from gold.department_analytics
    where period_type = 'all'
),

customers as (
    select
        sum(total_spend) as total_sales,
        sum(total_orders) as order_count,
        sum(total_items) as line_count,
        count(*) as customer_count
    from gold.customer_insights
),

hours as (
    select
        sum(sales) as total_sales,
        sum(orders) as order_count
    from gold.order_time_patterns
),

migrations as (
    select sum(customers) as customer_count
    from gold.segment_migration
),

comparisons as (
    select unnest([
        ('silver.orders', 'gold.daily_sales', 'total_sales',
            counted_orders.total_sales, days.total_sales, 0),
        ('silver.orders', 'gold.customer_insights', 'total_sales',
            orders_as_of.total_sales, customers.total_sales, 0),
        ('silver.orders', 'gold.product_performance', 'total_sales',
            counted_orders.total_sales, performances.total_sales, counted_orders.unallocated_sales),
        ('silver.orders', 'gold.department_analytics', 'total_sales',
            counted_orders.total_sales, departments.total_sales, counted_orders.unallocated_sales),
        ('silver.orders', 'silver.order_items', 'total_sales',
            counted_orders.total_sales, items.total_sales, counted_orders.unallocated_sales),
        ('silver.orders', 'gold.order_time_patterns', 'total_sales',
            orders_of_complete_days.total_sales, hours.total_sales, 0),

        ('silver.orders', 'gold.daily_sales', 'order_count',
            counted_orders.order_count, days.order_count, 0),
        ('silver.orders', 'gold.customer_insights', 'order_count',
            orders_as_of.order_count, customers.order_count, 0),
        ('silver.orders', 'gold.order_time_patterns', 'order_count',
            orders_of_complete_days.order_count, hours.order_count, 0),

        ('silver.order_items', 'gold.daily_sales', 'line_count',
            items.line_count, days.line_count, 0),
        ('silver.order_items', 'gold.product_performance', 'line_count',
            items.line_count, performances.line_count, 0),
        ('silver.order_items', 'gold.department_analytics', 'line_count',
            items.line_count, departments.line_count, 0),
        ('silver.order_items', 'gold.customer_insights', 'line_count',
            items.line_count_as_of, customers.line_count, 0),

        ('silver.orders', 'gold.customer_insights', 'customer_count',
            orders_as_of.customer_count, customers.customer_count, 0),
        ('silver.orders', 'gold.daily_sales', 'customer_count',
            counted_orders.customer_count, days.new_customers, 0),
        ('silver.orders', 'gold.segment_migration', 'customer_count',
            orders_as_of.customer_count, migrations.customer_count, 0),

        ('silver.products', 'gold.product_performance', 'product_count',
            products.product_count, performances.product_count, 0),
    ]) as compared
    from counted_orders
    cross join orders_as_of
    cross join orders_of_complete_days
    cross join items
    cross join products
    cross join days
    cross join performances
    cross join departments
    cross join customers
    cross join hours
    cross join migrations
),

final as (
    select
        compared[1] as left_relation,
        compared[2] as right_relation,
        compared[3] as measure,

        cast(coalesce(compared[4], 0) as decimal(38, 2)) as left_value,
        cast(coalesce(compared[5], 0) as decimal(38, 2)) as right_value,
        cast(coalesce(compared[6], 0) as decimal(38, 2)) as unallocated_value,
        cast(
            coalesce(compared[4], 0) - coalesce(compared[5], 0) - coalesce(compared[6], 0)
            as decimal(38, 2)
        ) as difference
    from comparisons
)

select * from final;
