-- When this fires, a gold table lost, doubled or rounded money: its sales are not the orders' sum.
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

-- later orders than this are not in customer_insights when the var as_of_date is set
as_of as (

    select max(as_of_date) as as_of_date
    from customer_insights

),

order_sales as (

    select
        sum(orders.total_amount) as all_sales,
        sum(case when orders.date <= as_of.as_of_date then orders.total_amount end) as sales_as_of
    from orders
    cross join as_of

),

-- an order without a valid line has nothing to allocate its total to
unallocated_orders as (

    select orders.total_amount
    from orders
    left anti join order_items
        on orders.order_id = order_items.order_id

),

unallocated as (

    select coalesce(sum(total_amount), 0) as unallocated_sales
    from unallocated_orders

),

gold_sales as (

    select
        'daily_sales' as measure,
        sum(total_sales) as sales
    from daily_sales
    union all
    select
        'customer_insights' as measure,
        sum(total_spend) as sales
    from customer_insights
    union all
    select
        'product_performance' as measure,
        sum(total_sales) as sales
    from product_performance
    union all
    select
        concat('department_analytics, ', period_type) as measure,
        sum(total_sales) as sales
    from department_analytics
    group by period_type

),

compared as (

    select
        gold_sales.measure,
        coalesce(gold_sales.sales, 0)
        + case
            when gold_sales.measure in ('daily_sales', 'customer_insights') then 0
            else unallocated.unallocated_sales
        end as gold_sales,
        coalesce(
            case
                when gold_sales.measure = 'customer_insights' then order_sales.sales_as_of
                else order_sales.all_sales
            end,
            0
        ) as silver_sales
    from gold_sales
    cross join order_sales
    cross join unallocated

)

select * from compared
where gold_sales <> silver_sales
