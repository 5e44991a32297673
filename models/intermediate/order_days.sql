{{ config(materialized='replaced_days', touched_by='orders', onwards=true) }}
{%- set days = touched_days('orders', onwards=true) %}

with

orders as (

    select * from {{ ref('orders') }}

),

orders_of_days as (

    select * from orders
    {{ 'where ' ~ days if days is not none }}

),

first_orders as (

    select
        user_id,
        min(date) as first_date
    from orders
    group by user_id

),

new_customers as (

    select
        first_date,
        count(*) as new_customers
    from first_orders
    group by first_date

),

days as (

    select
        date,
        sum(total_amount) as total_sales,
        count(*) as order_count,
        count(distinct user_id) as unique_customers
    from orders_of_days
    group by date

),

final as (

    select
        -- keys
        days.date,

        -- amounts
        cast(days.total_sales as decimal(18, 2)) as total_sales,

        -- counts
        days.order_count,
        days.unique_customers,
        coalesce(new_customers.new_customers, 0) as new_customers
    from days
    left join new_customers
        on days.date = new_customers.first_date

)

select * from final
