{{ config(materialized='incremental_by_day', affected_by='orders', onwards=true) }}
{%- set days = affected_days('orders', onwards=true) %}

with

orders as (

    select * from {{ ref('orders') }}

),

-- the orders of a day by amount; the middle one, or the middle two, make the median
orders_of_days as (

    select
        order_id,
        user_id,
        date,
        order_timestamp,
        total_amount,
        count(*) over (partition by date) as orders_of_day,
        row_number() over (partition by date order by total_amount, order_id) as amount_rank
    from orders
    where {{ days }}

),

first_days as (

    select
        user_id,
        min(date) as first_date
    from orders
    group by user_id

),

-- the orders of each customer's first day; the first of them is the customer's first of all
first_day_orders as (

    select
        orders_of_days.date,
        orders_of_days.total_amount,
        row_number() over (
            partition by orders_of_days.user_id
            order by orders_of_days.order_timestamp, orders_of_days.order_id
        ) as user_order_rank
    from orders_of_days
    inner join first_days
        on
            orders_of_days.user_id = first_days.user_id
            and orders_of_days.date = first_days.first_date

),

new_customers as (

    select
        date,
        count(*) as new_customers,
        sum(total_amount) as new_customer_sales
    from first_day_orders
    where user_order_rank = 1
    group by date

),

medians as (

    select
        date,
        {{ quotient('sum(total_amount)', 'count(*)', 'decimal(18, 2)') }} as median_order_amount
    from orders_of_days
    where {{ is_middle('amount_rank', 'orders_of_day') }}
    group by date

),

days as (

    select
        date,
        sum(total_amount) as total_sales,
        min(total_amount) as min_order_amount,
        max(total_amount) as max_order_amount,
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
        cast(coalesce(new_customers.new_customer_sales, 0) as decimal(18, 2))
            as new_customer_sales,
        days.min_order_amount,
        medians.median_order_amount,
        days.max_order_amount,

        -- counts
        days.order_count,
        days.unique_customers,
        coalesce(new_customers.new_customers, 0) as new_customers
    from days
    inner join medians
        on days.date = medians.date
    left join new_customers
        on days.date = new_customers.date

)

select * from final
