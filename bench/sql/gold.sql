-- Gold in DuckDB. Decimals are divided as whole numbers, as DuckDB's own division gives a double.

create macro half_up(numerator, denominator) as
    (2 * numerator + denominator) // nullif(2 * denominator, 0);

create macro rate(numerator, denominator) as
    cast(
        cast(half_up(1000000 * cast(numerator as hugeint), denominator) as decimal(12, 0))
        * 0.000001 as decimal(9, 6)
    );

create macro amount(numerator, denominator) as
    cast(
        cast(half_up(cast(numerator * 100 as hugeint), denominator) as decimal(18, 0))
        * 0.01 as decimal(18, 2)
    );

create macro score(rank) as cast(least(5, 1 + floor(5 * rank)) as int);

create table gold.calendar as
select cast(unnest(generate_series(min(date), max(date), interval 1 day)) as date) as order_date
from silver.orders;

create table gold.daily_sales as
with sequenced as (
    select
        date,
        user_id,
        total_amount,
        row_number() over (partition by user_id order by order_timestamp, order_id) as sequence
    from silver.orders
),

days as (
    select
        date,
        sum(total_amount) as total_sales,
        count(*) as order_count,
        count(distinct user_id) as unique_customers,
        -- a first order is one row of its customer
        count(*) filter (where sequence = 1) as new_customers
    from sequenced
    group by date
)

select
    calendar.order_date,
    cast(coalesce(days.total_sales, 0) as decimal(18, 2)) as total_sales,
    amount(days.total_sales, days.order_count) as avg_order_value,
    coalesce(days.order_count, 0) as order_count,
    coalesce(days.unique_customers, 0) as unique_customers,
    coalesce(days.new_customers, 0) as new_customers,
    coalesce(days.unique_customers - days.new_customers, 0) as returning_customers,
    now() as last_updated_timestamp,
    getvariable('run_id') as _run_id,
    strftime(calendar.order_date, '%Y-%m') as order_month
from gold.calendar as calendar
left join days on calendar.order_date = days.date;

create table gold.product_performance as
with lines as (
    select
        *,
        rank() over (partition by user_id, product_id order by order_timestamp, order_id)
        > 1 as is_observed_reorder
    from silver.order_items
),

sales as (
    select
        product_id,
        sum(allocated_amount) as total_sales,
        count(*) as total_quantity,
        count(distinct order_id) as order_count,
        count(distinct user_id) as customer_count,
        sum(reordered) as source_reorders,
        count(*) filter (where is_observed_reorder) as observed_reorders
    from lines
    group by product_id
)

select
    products.product_id,
    products.product_name,
    products.department_id,
    cast(coalesce(sales.total_sales, 0) as decimal(18, 2)) as total_sales,
    coalesce(sales.total_quantity, 0) as total_quantity,
    coalesce(sales.order_count, 0) as order_count,
    coalesce(sales.customer_count, 0) as customer_count,
    rate(sales.source_reorders, sales.total_quantity) as source_reorder_rate,
    rate(sales.observed_reorders, sales.total_quantity) as observed_reorder_rate,
    products.is_active,
    now() as last_updated_timestamp,
    getvariable('run_id') as _run_id,
    products.department
from silver.products as products
left join sales on products.product_id = sales.product_id;

create table gold.department_analytics as
with departments as (
    select
        department,
        count(*) filter (where is_active) as product_count
    from silver.products
    group by department
),

periods as (
    select
        'all' as period_type,
        min(order_date) as period_start,
        max(order_date) as period_end
    from gold.calendar
    having count(*) > 0
    union all
    select
        'day' as period_type,
        order_date as period_start,
        order_date as period_end
    from gold.calendar
),

lines as (
    select
        products.department,
        items.date,
        items.product_id,
        items.order_id,
        items.user_id,
        items.allocated_amount
    from silver.order_items as items
    inner join silver.products as products on items.product_id = products.product_id
),

sales as (
    select
        department,
        if(grouping(date) = 1, 'all', 'day') as period_type,
        date,
        sum(allocated_amount) as total_sales,
        count(*) as total_quantity,
        count(distinct order_id) as order_count,
        count(distinct user_id) as customer_count,
        count(distinct product_id) as products_sold
    from lines
    group by grouping sets ((department), (department, date))
)

select
    periods.period_type,
    periods.period_start,
    periods.period_end,
    cast(coalesce(sales.total_sales, 0) as decimal(18, 2)) as total_sales,
    coalesce(sales.total_quantity, 0) as total_quantity,
    coalesce(sales.order_count, 0) as order_count,
    coalesce(sales.customer_count, 0) as customer_count,
    coalesce(sales.products_sold, 0) as products_sold,
    departments.product_count,
    now() as last_updated_timestamp,
    getvariable('run_id') as _run_id,
    departments.department
from departments
cross join periods
left join sales
    on
        departments.department = sales.department
        and periods.period_type = sales.period_type
        and (periods.period_type = 'all' or periods.period_start = sales.date);

create table gold.customer_insights as
with as_of as (
    select max(date) as as_of_date from silver.orders
),

customers as (
    select
        orders.user_id,
        as_of.as_of_date,
        count(*) as total_orders,
        sum(orders.total_amount) as total_spend,
        cast(as_of.as_of_date - max(orders.date) as int) as days_since_last_order,
        count(*) filter (where orders.date > as_of.as_of_date - 365) as lookback_orders,
        coalesce(
            sum(orders.total_amount) filter (where orders.date > as_of.as_of_date - 365), 0
        ) as lookback_spend
    from silver.orders as orders
    cross join as_of
    group by orders.user_id, as_of.as_of_date
),

-- ranks only among those who ordered in the lookback
scores as (
    select
        user_id,
        score(percent_rank() over (order by days_since_last_order desc)) as recency_score,
        score(percent_rank() over (order by lookback_orders)) as frequency_score,
        score(percent_rank() over (order by lookback_spend)) as monetary_score
    from customers
    where lookback_orders > 0
),

scored as (
    select
        customers.*,
        coalesce(scores.recency_score, 1) as recency_score,
        coalesce(scores.frequency_score, 1) as frequency_score,
        coalesce(scores.monetary_score, 1) as monetary_score
    from customers
    left join scores on customers.user_id = scores.user_id
),

-- 125 combinations of scores are far fewer than customers
segments as (
    select
        scored.recency_score,
        scored.frequency_score,
        scored.monetary_score,
        min_by(rules.customer_segment, rules.rule_order) as customer_segment
    from (
        select distinct recency_score, frequency_score, monetary_score from scored
    ) as scored
    inner join seeds.segment_rules as rules
        on
            scored.recency_score between rules.recency_min and rules.recency_max
            and scored.frequency_score between rules.frequency_min and rules.frequency_max
            and (scored.frequency_score + scored.monetary_score) / 2
            between rules.fm_min and rules.fm_max
    group by all
)

select
    scored.user_id,
    scored.as_of_date,
    cast(scored.total_spend as decimal(18, 2)) as total_spend,
    scored.total_orders,
    scored.days_since_last_order,
    scored.recency_score,
    scored.frequency_score,
    scored.monetary_score,
    now() as last_updated_timestamp,
    getvariable('run_id') as _run_id,
    segments.customer_segment
from scored
left join segments using (recency_score, frequency_score, monetary_score);
