-- One row per product of silver, sold or not. All data counts; only the windows of 7 days end at
-- the as-of date.

create table gold.product_performance as
with lines as (
    select
        items.*,
        date_diff('day', items.date, getvariable('as_of_date')) as days_ago,
        known_days.is_complete
    from silver.order_items_reorders as items
    inner join silver.known_days as known_days on items.date = known_days.date
),

sales as (
    select
        product_id,
        sum(allocated_amount) as total_sales,
        count(*) as total_quantity,
        count(distinct order_id) as order_count,
        count(distinct user_id) as customer_count,
        count(*) filter (where reordered = 1) as source_reorder_count,
        count(*) filter (where is_observed_reorder) as observed_reorder_count,
        sum(days_since_prior_order) as source_days,
        count(days_since_prior_order) as source_days_count,
        sum(add_to_cart_order) as cart_positions,
        count(*) filter (where add_to_cart_order = 1) as first_in_cart_count,
        min(date) as first_sold_date,
        max(date) as last_sold_date,
        count(distinct date) as sell_days,
        count(*) filter (where is_complete and days_ago between 0 and 6) as quantity_last_7d,
        count(*) filter (where is_complete and days_ago between 7 and 13) as quantity_prev_7d
    from lines
    group by product_id
),

windows as (
    select
        7 - count(*) filter (where days_ago between 0 and 6) as incomplete_days_last_7d,
        7 - count(*) filter (where days_ago between 7 and 13) as incomplete_days_prev_7d
    from (
        select date_diff('day', date, getvariable('as_of_date')) as days_ago
        from silver.known_days
        where is_complete
    ) as complete_days
),

order_sizes as (
    select
        order_id,
        count(*) as line_count
    from lines
    group by order_id
),

-- Each order of a product once, however many lines of it the order has.
product_orders as (
    select distinct
        lines.product_id,
        orders.user_id,
        orders.order_id,
        orders.order_timestamp,
        orders.date,
        orders.total_amount,
        order_sizes.line_count
    from lines
    inner join silver.orders as orders on lines.order_id = orders.order_id
    inner join order_sizes on lines.order_id = order_sizes.order_id
),

with_gaps as (
    select
        *,
        date
        - lag(date) over (
            partition by product_id, user_id order by order_timestamp, order_id
        ) as gap_days
    from product_orders
),

baskets as (
    select
        product_id,
        sum(line_count) as basket_lines,
        sum(total_amount) as basket_values,
        sum(gap_days) as gap_days,
        count(gap_days) as gap_count
    from with_gaps
    group by product_id
),

product_users as (
    select
        product_id,
        user_id,
        count(*) as order_count
    from product_orders
    group by product_id, user_id
),

repeats as (
    select
        product_id,
        count(*) filter (where order_count >= 2) as repeat_customers
    from product_users
    group by product_id
),

partners as (
    select
        product_a as product_id,
        product_b as partner_id,
        n_ab,
        lift
    from gold.basket_affinity
    union all
    select
        product_b as product_id,
        product_a as partner_id,
        n_ab,
        lift
    from gold.basket_affinity
),

best_partners as (
    select *
    from partners
    qualify
        row_number() over (partition by product_id order by lift desc, n_ab desc, partner_id) = 1
),

performances as (
    select
        products.*,
        sales.* exclude (product_id, total_sales),
        baskets.* exclude (product_id),
        repeats.repeat_customers,
        best_partners.partner_id,
        best_partners.lift,
        windows.*,
        coalesce(sales.total_sales, 0) as total_sales
    from silver.products as products
    cross join windows
    left join sales on products.product_id = sales.product_id
    left join baskets on products.product_id = baskets.product_id
    left join repeats on products.product_id = repeats.product_id
    left join best_partners on products.product_id = best_partners.product_id
),

-- Products of equal sales are peers: none of them counts before another.
compared as (
    select
        *,
        sum(total_sales) over () as all_sales,
        sum(total_sales) over (partition by department) as department_sales,
        sum(total_sales) over (order by total_sales desc)
        - sum(total_sales) over (partition by total_sales) as sales_before
    from performances
),

final as (
    select
        product_id,

        product_name,
        department,
        department_id,
        is_active,

        cast(total_sales as decimal(18, 2)) as total_sales,
        mean_money(total_sales, total_quantity) as avg_unit_allocated_sales,

        coalesce(total_quantity, 0) as total_quantity,
        coalesce(order_count, 0) as order_count,
        coalesce(customer_count, 0) as customer_count,

        money_share(total_sales, all_sales) as sales_share,
        money_share(total_sales, department_sales) as sales_share_in_department,
        dense_rank() over (order by total_sales desc) as sales_rank,
        dense_rank() over (partition by department order by total_sales desc)
            as sales_rank_in_department,
        case
            when sales_before * 100 < all_sales * 80 then 'A'
            when sales_before * 100 < all_sales * 95 then 'B'
            else 'C'
        end as abc_class,

        rate(source_reorder_count, total_quantity) as source_reorder_rate,
        rate(observed_reorder_count, total_quantity) as observed_reorder_rate,
        rate(repeat_customers, customer_count) as repeat_customer_rate,
        mean_of(gap_days, gap_count) as avg_days_between_orders,
        mean_of(source_days, source_days_count) as source_avg_days_since_prior,

        mean_of(cart_positions, total_quantity) as avg_cart_position,
        rate(first_in_cart_count, total_quantity) as first_in_cart_rate,
        mean_of(basket_lines, order_count) as avg_basket_size,
        mean_money(basket_values, order_count) as avg_basket_value,

        first_sold_date,
        last_sold_date,
        cast(last_sold_date - first_sold_date + 1 as integer) as days_on_sale,
        cast(coalesce(sell_days, 0) as integer) as sell_days,
        case when incomplete_days_last_7d < 7 then coalesce(quantity_last_7d, 0) end
            as quantity_last_7d,
        case when incomplete_days_prev_7d < 7 then coalesce(quantity_prev_7d, 0) end
            as quantity_prev_7d,
        cast(incomplete_days_last_7d as integer) as incomplete_days_last_7d,
        cast(incomplete_days_prev_7d as integer) as incomplete_days_prev_7d,
        -- of the means per complete day
        ratio(
            quantity_last_7d * (7 - incomplete_days_prev_7d)
            - quantity_prev_7d * (7 - incomplete_days_last_7d),
            quantity_prev_7d * (7 - incomplete_days_last_7d)
        ) as trend_pct,

        partner_id as top_affinity_product_id,
        lift as top_affinity_lift
    from compared
)

select * from final;
