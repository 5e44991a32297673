with

orders as (

    select * from {{ ref('orders') }}

),

order_items as (

    select * from {{ ref('order_items') }}

),

products as (

    select * from {{ ref('products') }}

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

order_time_patterns as (

    select * from {{ ref('order_time_patterns') }}

),

segment_migration as (

    select * from {{ ref('segment_migration') }}

),

as_of as (

    select {{ as_of_date('date') }} as as_of_date
    from orders

),

-- an order without a valid line has nothing that its total could be allocated to
unallocated as (

    select coalesce(sum(orders.total_amount), 0) as unallocated_value
    from orders
    left anti join order_items
        on orders.order_id = order_items.order_id

),

-- later orders than as_of_date are not in the tables of customers; what goes by weekday and hour
-- has complete days alone
silver_values as (

    {% for counted, table, measure, value in [
        ('orders', 'orders', 'total_sales', 'sum(orders.total_amount)'),
        ('orders', 'orders', 'order_count', 'count(*)'),
        ('orders', 'orders', 'customer_count', 'count(distinct orders.user_id)'),
        ('orders_until', 'orders', 'total_sales', 'sum(orders.total_amount)'),
        ('orders_until', 'orders', 'order_count', 'count(*)'),
        ('orders_until', 'orders', 'customer_count', 'count(distinct orders.user_id)'),
        ('orders_complete', 'orders', 'total_sales', 'sum(orders.total_amount)'),
        ('orders_complete', 'orders', 'order_count', 'count(*)'),
        ('order_items', 'order_items', 'line_count', 'count(*)'),
        ('order_items_until', 'order_items', 'line_count', 'count(*)'),
        ('products', 'products', 'product_count', 'count(*)'),
    ] %}
        select
            '{{ counted }}' as counted,
            '{{ measure }}' as measure,
            cast(coalesce({{ value }}, 0) as decimal(38, 2)) as left_value
        from {{ table }}
        {% if counted.endswith('_until') %}
            inner join as_of
                on {{ table }}.date <= as_of.as_of_date
        {% elif counted.endswith('_complete') %}
            inner join daily_sales
                on {{ table }}.date = daily_sales.order_date
            where daily_sales.is_complete
        {% endif %}
        {{ 'union all' if not loop.last }}
    {% endfor %}

),

compared_values as (

    {% for counted, relation, measure, table, value in [
        ('orders', 'gold.daily_sales', 'total_sales', 'daily_sales', 'sum(total_sales)'),
        ('orders_complete', 'gold.order_time_patterns', 'total_sales', 'order_time_patterns',
            'sum(sales)'),
        ('orders', 'silver.order_items', 'total_sales', 'order_items', 'sum(allocated_amount)'),
        ('orders', 'gold.product_performance', 'total_sales', 'product_performance',
            'sum(total_sales)'),
        ('orders', 'gold.department_analytics', 'total_sales', 'department_analytics',
            "sum(if(period_type = 'all', total_sales, 0))"),
        ('orders_until', 'gold.customer_insights', 'total_sales', 'customer_insights',
            'sum(total_spend)'),
        ('orders', 'gold.daily_sales', 'order_count', 'daily_sales', 'sum(order_count)'),
        ('orders_complete', 'gold.order_time_patterns', 'order_count', 'order_time_patterns',
            'sum(orders)'),
        ('orders_until', 'gold.customer_insights', 'order_count', 'customer_insights',
            'sum(total_orders)'),
        ('orders', 'gold.daily_sales', 'customer_count', 'daily_sales', 'sum(new_customers)'),
        ('orders_until', 'gold.customer_insights', 'customer_count', 'customer_insights',
            'count(*)'),
        ('orders_until', 'gold.segment_migration', 'customer_count', 'segment_migration',
            'sum(customers)'),
        ('order_items', 'gold.daily_sales', 'line_count', 'daily_sales', 'sum(line_count)'),
        ('order_items', 'gold.product_performance', 'line_count', 'product_performance',
            'sum(total_quantity)'),
        ('order_items', 'gold.department_analytics', 'line_count', 'department_analytics',
            "sum(if(period_type = 'all', total_quantity, 0))"),
        ('order_items_until', 'gold.customer_insights', 'line_count', 'customer_insights',
            'sum(total_items)'),
        ('products', 'gold.product_performance', 'product_count', 'product_performance',
            'count(*)'),
    ] %}
        select
            '{{ counted }}' as counted,
            '{{ relation }}' as right_relation,
            '{{ measure }}' as measure,
            cast(coalesce({{ value }}, 0) as decimal(38, 2)) as right_value
        from {{ table }}
        {{ 'union all' if not loop.last }}
    {% endfor %}

),

pairs as (

    select
        compared_values.right_relation,
        compared_values.measure,
        silver_values.left_value,
        compared_values.right_value,
        cast(
            if(
                compared_values.measure = 'total_sales' and compared_values.right_relation in (
                    'silver.order_items', 'gold.product_performance', 'gold.department_analytics'
                ),
                unallocated.unallocated_value,
                0
            ) as decimal(38, 2)
        ) as unallocated_value,
        concat(
            'silver.', regexp_replace(compared_values.counted, '_(until|complete)$', '')
        ) as left_relation
    from compared_values
    inner join silver_values
        on
            compared_values.counted = silver_values.counted
            and compared_values.measure = silver_values.measure
    cross join unallocated

),

final as (

    select
        -- keys
        left_relation,
        right_relation,
        measure,

        -- amounts
        left_value,
        right_value,
        unallocated_value,
        cast(left_value - right_value - unallocated_value as decimal(38, 2)) as difference,

        -- audit
        current_timestamp() as last_updated_timestamp,
        {{ run_id() }} as _run_id
    from pairs

)

select * from final
