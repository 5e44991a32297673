{{ config(materialized='replaced_days', touched_by='departments', onwards=true) }}
{#- One large table after the other: side by side they would need the memory of all. #}
{%- do built_after('product_days') %}
{%- set days = touched_days('departments', onwards=true) %}

with

products as (

    select * from {{ ref('products') }}

),

order_items as (

    select * from {{ ref('order_items') }}

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
    {{ 'where ' ~ days if days is not none }}

),

-- An order lies on one day and is one customer's, so this has one row for it in each department.
-- Counting rows of it takes a fraction of counting distinct orders among lines.
department_orders as (

    select
        department,
        date,
        order_id,
        user_id,
        count(*) as quantity,
        sum(allocated_amount) as sales
    from lines
    group by
        department,
        date,
        order_id,
        user_id

),

-- the first day of each customer in each department, of all time
first_days as (

    select
        products.department,
        order_items.user_id,
        min(order_items.date) as first_date
    from order_items
    inner join products
        on order_items.product_id = products.product_id
    group by
        products.department,
        order_items.user_id

),

new_customers as (

    select
        department,
        first_date,
        count(*) as new_customers
    from first_days
    group by
        department,
        first_date

),

products_sold as (

    select
        department,
        date,
        count(distinct product_id) as products_sold
    from lines
    group by
        department,
        date

),

days as (

    select
        department,
        date,
        sum(sales) as total_sales,
        sum(quantity) as total_quantity,
        count(*) as order_count,
        count(distinct user_id) as customer_count
    from department_orders
    group by
        department,
        date

),

final as (

    select
        -- keys
        days.date,
        days.department,

        -- amounts
        cast(days.total_sales as decimal(18, 2)) as total_sales,

        -- counts
        days.total_quantity,
        days.order_count,
        days.customer_count,
        products_sold.products_sold,
        coalesce(new_customers.new_customers, 0) as new_customers
    from days
    inner join products_sold
        on
            days.department = products_sold.department
            and days.date = products_sold.date
    left join new_customers
        on
            days.department = new_customers.department
            and days.date = new_customers.first_date

)

select * from final
