-- One row per department and period: the whole time (all) and every calendar day (day) of
-- daily_sales. A day without a sale is a row of zeros, unless its files are not all there: then
-- nothing is known of a department without a line. The whole time is the sum of what is known.

create table gold.department_analytics as
with departments as (
    select
        department,
        count(distinct department_id) as department_id_count,
        count(*) filter (where is_active) as product_count
    from silver.products
    group by department
),

periods as (
    select
        'all' as period_type,
        min(order_date) as period_start,
        max(order_date) as period_end,
        count(*) filter (where not is_complete) as incomplete_days
    from gold.daily_sales
    having count(*) > 0
    union all
    select
        'day' as period_type,
        order_date as period_start,
        order_date as period_end,
        if(is_complete, 0, 1) as incomplete_days
    from gold.daily_sales
),

-- The busiest weekday and hour of the whole time are those of its complete days.
-- From here on each order and each line is there twice: in the whole time and in its day.
orders as (
    select
        periods.period_type,
        periods.period_start,
        periods.period_end,
        periods.period_type = 'day' or known_days.is_complete as counts_for_peaks,
        orders.order_id,
        orders.user_id,
        orders.total_amount,
        orders.day_of_week,
        orders.hour_of_day
    from silver.orders as orders
    inner join silver.known_days as known_days on orders.date = known_days.date
    inner join periods on orders.date between periods.period_start and periods.period_end
),

period_orders as (
    select
        period_type,
        period_start,
        count(*) as all_orders,
        count(distinct user_id) as all_customers
    from orders
    group by period_type, period_start
),

department_lines as (
    select
        items.*,
        products.department,
        products.is_active,
        min(items.date) over (partition by products.department, items.user_id) as first_date
    from silver.order_items_reorders as items
    inner join silver.products as products on items.product_id = products.product_id
),

lines as (
    select
        orders.*,
        department_lines.department,
        department_lines.product_id,
        department_lines.is_active,
        department_lines.allocated_amount,
        department_lines.reordered,
        department_lines.is_observed_reorder,
        department_lines.first_date
    from department_lines
    inner join orders on department_lines.order_id = orders.order_id
),

sales as (
    select
        department,
        period_type,
        period_start,
        sum(allocated_amount) as total_sales,
        count(*) as total_quantity,
        count(distinct order_id) as order_count,
        count(distinct user_id) as customer_count,
        count(distinct user_id) filter (
            where first_date between period_start and period_end
        ) as new_customer_count,
        count(distinct product_id) as products_sold,
        count(distinct product_id) filter (where is_active) as active_products_sold,
        count(*) filter (where reordered = 1) as source_reorder_count,
        count(*) filter (where is_observed_reorder) as observed_reorder_count
    from lines
    group by department, period_type, period_start
),

baskets as (
    select distinct
        department,
        period_type,
        period_start,
        order_id,
        total_amount
    from lines
),

basket_values as (
    select
        department,
        period_type,
        period_start,
        sum(total_amount) as basket_value
    from baskets
    group by department, period_type, period_start
),

product_sales as (
    select
        department,
        period_type,
        period_start,
        product_id,
        sum(allocated_amount) as product_sales,
        sum(sum(allocated_amount)) over (
            partition by department, period_type, period_start
        ) as department_sales
    from lines
    group by department, period_type, period_start, product_id
),

concentrations as (
    select
        department,
        period_type,
        period_start,
        first(product_id order by product_sales desc, product_id) as top_product_id,
        max(money_share(product_sales, department_sales)) as top_product_share,
        sum(squared(share_units(cents(product_sales), cents(department_sales))))
            as squared_share_units
    from product_sales
    group by department, period_type, period_start
),

weekdays as (
    select
        department,
        period_type,
        period_start,
        day_of_week as peak_day_of_week
    from lines
    where counts_for_peaks
    group by department, period_type, period_start, day_of_week
    qualify
        row_number() over (
            partition by department, period_type, period_start order by count(*) desc, day_of_week
        ) = 1
),

hours as (
    select
        department,
        period_type,
        period_start,
        hour_of_day as peak_hour
    from lines
    where counts_for_peaks
    group by department, period_type, period_start, hour_of_day
    qualify
        row_number() over (
            partition by department, period_type, period_start order by count(*) desc, hour_of_day
        ) = 1
),

analytics as (
    select
        *,
        case when period_type = 'all' or incomplete_days = 0 then 0 end as nothing,
        coalesce(sales.total_sales, nothing) as department_sales
    from departments
    cross join periods
    left join period_orders using (period_type, period_start)
    left join sales using (department, period_type, period_start)
    left join basket_values using (department, period_type, period_start)
    left join concentrations using (department, period_type, period_start)
    left join weekdays using (department, period_type, period_start)
    left join hours using (department, period_type, period_start)
),

-- The days of a department follow one another without a gap; 'all' is a single row.
compared as (
    select
        *,
        sum(department_sales) over (partition by period_type, period_start) as period_sales,
        case
            when department_sales is not null
                then
                    dense_rank() over (
                        partition by period_type, period_start
                        order by department_sales desc nulls last
                    )
        end as sales_rank,
        lag(incomplete_days) over (
            partition by department, period_type order by period_start
        ) as incomplete_days_before,
        lag(department_sales) over (
            partition by department, period_type order by period_start
        ) as sales_before
    from analytics
),

final as (
    select
        department,
        period_type,
        period_start,
        period_end,

        department_id_count,

        cast(department_sales as decimal(18, 2)) as total_sales,
        money_share(department_sales, period_sales) as sales_share,

        coalesce(order_count, nothing) as order_count,
        rate(coalesce(order_count, nothing), all_orders) as order_penetration,
        coalesce(customer_count, nothing) as customer_count,
        rate(coalesce(customer_count, nothing), all_customers) as customer_penetration,
        coalesce(new_customer_count, nothing) as new_customer_count,

        coalesce(total_quantity, nothing) as total_quantity,
        mean_of(total_quantity, order_count) as avg_units_per_order,
        product_count,
        coalesce(products_sold, nothing) as products_sold,
        rate(coalesce(active_products_sold, nothing), product_count) as sell_through_rate,

        mean_money(basket_value, order_count) as avg_order_value,
        mean_money(department_sales, order_count) as avg_department_spend_per_order,
        mean_money(department_sales, customer_count) as avg_department_spend_per_customer,

        rate(source_reorder_count, total_quantity) as source_reorder_rate,
        rate(observed_reorder_count, total_quantity) as observed_reorder_rate,

        top_product_id,
        top_product_share,
        as_share(half_up(squared_share_units, 1000000000000)) as hhi_products,

        cast(peak_day_of_week as integer) as peak_day_of_week,
        cast(peak_hour as integer) as peak_hour,

        sales_rank,
        cast(sales_before as decimal(18, 2)) as sales_prev_period,
        case
            when incomplete_days = 0 and incomplete_days_before = 0
                then growth(department_sales, sales_before)
        end as growth_pct,

        incomplete_days = 0 as is_complete,
        cast(incomplete_days as integer) as incomplete_days
    from compared
)

select * from final;
