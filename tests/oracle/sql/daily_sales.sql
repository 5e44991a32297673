-- One row per calendar day from the first to the last order date, days without an order kept.

create table gold.daily_sales as
with orders as (
    select * from silver.orders
),

calendar as (
    select
        cast(unnest(generate_series(min(date), max(date), interval 1 day)) as date) as order_date
    from orders
),

first_days as (
    select
        user_id,
        min(date) as first_date
    from orders
    group by user_id
),

final as (
    select
        calendar.order_date,

        cast(coalesce(sum(orders.total_amount), 0) as decimal(18, 2)) as total_sales,

        count(orders.order_id) as order_count,
        count(distinct orders.user_id) as unique_customers,
        count(distinct orders.user_id) filter (
            where first_days.first_date = calendar.order_date
        ) as new_customers,
        count(distinct orders.user_id) filter (
            where first_days.first_date < calendar.order_date
        ) as returning_customers,

        money(half_up(cents(sum(orders.total_amount)), count(orders.order_id)))
            as avg_order_value
    from calendar
    left join orders on calendar.order_date = orders.date
    left join first_days on orders.user_id = first_days.user_id
    group by calendar.order_date
)

select * from final;
