-- When this fires, a gold table lost or doubled orders, lines or customers of silver.
with

orders as (

    select * from {{ ref('orders') }}

),

order_items as (

    select * from {{ ref('order_items') }}

),

daily_sales as (

    select * from {{ ref('daily_sales') }}

),

product_performance as (

    select * from {{ ref('product_performance') }}

),

department_analytics as (

    select * from {{ ref('department_analytics') }}

),

customer_insights as (

    select * from {{ ref('customer_insights') }}

),

as_of as (

    select max(as_of_date) as as_of_date
    from customer_insights

),

order_counts as (

    select
        count(*) as order_count,
        count(distinct orders.user_id) as customer_count,
        count(if(orders.date <= as_of.as_of_date, 1, null)) as order_count_as_of,
        count(distinct if(orders.date <= as_of.as_of_date, orders.user_id, null))
            as customer_count_as_of
    from orders
    cross join as_of

),

line_counts as (

    select count(*) as line_count
    from order_items

),

daily_counts as (

    select
        coalesce(sum(order_count), 0) as daily_order_count,
        coalesce(sum(new_customers), 0) as daily_new_customers
    from daily_sales

),

customer_counts as (

    select
        coalesce(sum(total_orders), 0) as customers_order_count,
        count(*) as customers_count
    from customer_insights

),

product_counts as (

    select coalesce(sum(total_quantity), 0) as products_line_count
    from product_performance

),

department_counts as (

    select
        coalesce(sum(if(period_type = 'all', total_quantity, 0)), 0) as departments_line_count,
        coalesce(sum(if(period_type = 'day', total_quantity, 0)), 0) as department_days_line_count
    from department_analytics

),

compared as (

    select
        order_counts.*,
        line_counts.*,
        daily_counts.*,
        customer_counts.*,
        product_counts.*,
        department_counts.*
    from order_counts
    cross join line_counts
    cross join daily_counts
    cross join customer_counts
    cross join product_counts
    cross join department_counts

)

select * from compared
where
    daily_order_count <> order_count
    or daily_new_customers <> customer_count
    or customers_order_count <> order_count_as_of
    or customers_count <> customer_count_as_of
    or products_line_count <> line_count
    or departments_line_count <> line_count
    or department_days_line_count <> line_count
