{{ config(
    materialized='incremental_by_day',
    affected_by='departments',
    onwards=true,
    tags=['memory_intensive'],
) }}
{%- set days = affected_days('departments', onwards=true) %}

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
        order_items.order_id,
        order_items.user_id,
        order_items.allocated_amount
    from order_items
    inner join products
        on order_items.product_id = products.product_id
    where {{ days }}

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

-- what the whole order came to, all its departments together
baskets as (

    select
        order_id,
        sum(sales) as basket_sales
    from department_orders
    group by order_id

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

days as (

    select
        department_orders.department,
        department_orders.date,
        sum(department_orders.sales) as total_sales,
        sum(baskets.basket_sales) as basket_sales,
        sum(department_orders.quantity) as total_quantity,
        count(*) as order_count,
        count(distinct department_orders.user_id) as customer_count
    from department_orders
    inner join baskets
        on department_orders.order_id = baskets.order_id
    group by
        department_orders.department,
        department_orders.date

),

final as (

    select
        -- keys
        days.date,
        days.department,

        -- amounts
        cast(days.total_sales as decimal(18, 2)) as total_sales,
        cast(days.basket_sales as decimal(18, 2)) as basket_sales,

        -- counts
        days.total_quantity,
        days.order_count,
        days.customer_count,
        coalesce(new_customers.new_customers, 0) as new_customers
    from days
    left join new_customers
        on
            days.department = new_customers.department
            and days.date = new_customers.first_date

)

select * from final
