-- When this fires, a day without orders is no row of zeros, so averages over days are too high.
with

daily_sales as (

    select * from {{ ref('daily_sales') }}

),

steps as (

    select
        order_date,
        lag(order_date) over (order by order_date) as date_before
    from daily_sales

)

select * from steps
where datediff(order_date, date_before) <> 1
