{{ config(
    partition_by=['department'],
    post_hook="{{ zorder(['product_id']) }}",
) }}

with

products as (

    select * from {{ ref('products') }}

),

product_days as (

    select * from {{ ref('product_days') }}

),

order_days as (

    select * from {{ ref('order_days') }}

),

calendar as (

    select * from {{ ref('calendar') }}

),

basket_affinity as (

    select * from {{ ref('basket_affinity') }}

),

as_of as (

    select {{ as_of_date('date') }} as as_of_date
    from order_days

),

-- the two times of seven days that the trend compares; days before the data are not known either
windows as (

    select
        as_of.as_of_date,
        7 - count_if(calendar.date > date_sub(as_of.as_of_date, 7)) as incomplete_days_last_7d,
        7 - count_if(calendar.date <= date_sub(as_of.as_of_date, 7)) as incomplete_days_prev_7d
    from as_of
    left join calendar
        on
            calendar.date between date_sub(as_of.as_of_date, 13) and as_of.as_of_date
            and calendar.is_complete
    group by as_of.as_of_date

),

-- a customer is new to a product on one day only, so the sum over the days counts each once
sales as (

    select
        product_days.product_id,
        sum(product_days.total_sales) as total_sales,
        sum(product_days.basket_sales) as basket_sales,
        sum(product_days.total_quantity) as total_quantity,
        sum(product_days.order_count) as order_count,
        sum(product_days.new_customers) as customer_count,
        sum(product_days.repeat_customers) as repeat_customers,
        sum(product_days.source_reorders) as source_reorders,
        sum(product_days.observed_reorders) as observed_reorders,
        sum(product_days.gap_count) as gap_count,
        sum(product_days.gap_days) as gap_days,
        sum(product_days.source_days_count) as source_days_count,
        sum(product_days.source_days) as source_days,
        sum(product_days.cart_positions) as cart_positions,
        sum(product_days.first_in_cart) as first_in_cart,
        sum(product_days.basket_lines) as basket_lines,
        min(product_days.date) as first_sold_date,
        max(product_days.date) as last_sold_date,
        count(*) as sell_days,
        sum(
            if(
                calendar.is_complete
                and product_days.date between date_sub(as_of.as_of_date, 6) and as_of.as_of_date,
                product_days.total_quantity,
                0
            )
        ) as quantity_last_7d,
        sum(
            if(
                calendar.is_complete
                and product_days.date between date_sub(as_of.as_of_date, 13)
                and date_sub(as_of.as_of_date, 7),
                product_days.total_quantity,
                0
            )
        ) as quantity_prev_7d
    from product_days
    inner join calendar
        on product_days.date = calendar.date
    cross join as_of
    group by product_days.product_id

),

pairs as (

    select
        product_a as product_id,
        product_b as partner_id,
        n_ab,
        lift
    from basket_affinity
    union all
    select
        product_b as product_id,
        product_a as partner_id,
        n_ab,
        lift
    from basket_affinity

),

ranked_pairs as (

    select
        product_id,
        partner_id,
        lift,
        row_number() over (
            partition by product_id order by lift desc, n_ab desc, partner_id asc
        ) as pair_rank
    from pairs

),

all_products as (

    select
        products.product_id,
        products.product_name,
        products.department,
        products.department_id,
        products.is_active,
        windows.incomplete_days_last_7d,
        windows.incomplete_days_prev_7d,
        coalesce(sales.total_sales, 0) as total_sales
    from products
    cross join windows
    left join sales
        on products.product_id = sales.product_id

),

-- what sells equally well has one rank and one class
ranked_products as (

    select
        *,
        sum(total_sales) over () as whole_sales,
        sum(total_sales) over (partition by department) as department_sales,
        dense_rank() over (order by total_sales desc) as sales_rank,
        dense_rank() over (
            partition by department order by total_sales desc
        ) as sales_rank_in_department,
        sum(total_sales) over (
            order by total_sales desc range between unbounded preceding and current row
        ) - total_sales * count(*) over (partition by total_sales) as better_sales
    from all_products

),

final as (

    select
        -- keys
        ranked_products.product_id,

        -- attributes
        ranked_products.product_name,
        ranked_products.department_id,

        -- amounts
        cast(ranked_products.total_sales as decimal(18, 2)) as total_sales,
        {{ quotient('ranked_products.total_sales', 'sales.total_quantity', 'decimal(18, 2)') }}
            as avg_unit_allocated_sales,
        {{ share('ranked_products.total_sales', 'ranked_products.whole_sales') }} as sales_share,
        {{ share('ranked_products.total_sales', 'ranked_products.department_sales') }}
            as sales_share_in_department,
        {{ quotient('sales.basket_sales', 'sales.order_count', 'decimal(18, 2)') }}
            as avg_basket_value,

        -- counts
        coalesce(sales.total_quantity, 0) as total_quantity,
        coalesce(sales.order_count, 0) as order_count,
        coalesce(sales.customer_count, 0) as customer_count,
        {{ quotient('sales.basket_lines', 'sales.order_count', 'decimal(9, 2)') }}
            as avg_basket_size,
        {{ quotient('sales.cart_positions', 'sales.total_quantity', 'decimal(9, 2)') }}
            as avg_cart_position,

        -- ranks
        cast(ranked_products.sales_rank as bigint) as sales_rank,
        cast(ranked_products.sales_rank_in_department as bigint) as sales_rank_in_department,
        case
            when ranked_products.better_sales * 100 < ranked_products.whole_sales * 80 then 'A'
            when ranked_products.better_sales * 100 < ranked_products.whole_sales * 95 then 'B'
            else 'C'
        end as abc_class,

        -- rates
        {{ rate('sales.source_reorders', 'sales.total_quantity') }} as source_reorder_rate,
        {{ rate('sales.observed_reorders', 'sales.total_quantity') }}
            as observed_reorder_rate,
        {{ rate('sales.repeat_customers', 'sales.customer_count') }} as repeat_customer_rate,
        {{ rate('sales.first_in_cart', 'sales.total_quantity') }} as first_in_cart_rate,

        -- times
        {{ quotient('sales.gap_days', 'sales.gap_count', 'decimal(9, 2)') }}
            as avg_days_between_orders,
        {{ quotient('sales.source_days', 'sales.source_days_count', 'decimal(9, 2)') }}
            as source_avg_days_since_prior,
        sales.first_sold_date,
        sales.last_sold_date,
        cast(datediff(sales.last_sold_date, sales.first_sold_date) + 1 as int) as days_on_sale,
        cast(coalesce(sales.sell_days, 0) as int) as sell_days,

        -- trends
        if(
            ranked_products.incomplete_days_last_7d < 7, coalesce(sales.quantity_last_7d, 0), null
        ) as quantity_last_7d,
        if(
            ranked_products.incomplete_days_prev_7d < 7, coalesce(sales.quantity_prev_7d, 0), null
        ) as quantity_prev_7d,
        cast(ranked_products.incomplete_days_last_7d as int) as incomplete_days_last_7d,
        cast(ranked_products.incomplete_days_prev_7d as int) as incomplete_days_prev_7d,
        {{ growth(
            'sales.quantity_last_7d * (7 - ranked_products.incomplete_days_prev_7d)',
            'sales.quantity_prev_7d * (7 - ranked_products.incomplete_days_last_7d)',
        ) }} as trend_pct,

        -- affinity
        ranked_pairs.partner_id as top_affinity_product_id,
        ranked_pairs.lift as top_affinity_lift,

        -- flags
        ranked_products.is_active,

        -- audit
        current_timestamp() as last_updated_timestamp,
        {{ run_id() }} as _run_id,

        -- partition
        ranked_products.department
    from ranked_products
    left join sales
        on ranked_products.product_id = sales.product_id
    left join ranked_pairs
        on
            ranked_products.product_id = ranked_pairs.product_id
            and ranked_pairs.pair_rank = 1

)

select * from final
