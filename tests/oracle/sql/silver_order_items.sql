-- One row per order line: its newest version among those that pass the rules, with an equal share
-- of the order's amount. The order alone says when it was placed: a line follows it.

create table silver.order_items_judged as
select
    items.* replace (
        coalesce(orders.order_timestamp, items.order_timestamp) as order_timestamp,
        coalesce(orders.date, items.date) as date
    ),
    sorted_reasons([
        if(items.id <= 0, 'not_positive:id', null),
        if(items.order_id <= 0, 'not_positive:order_id', null),
        if(items.user_id <= 0, 'not_positive:user_id', null),
        if(items.product_id <= 0, 'not_positive:product_id', null),
        if(orders.order_id is null, 'unknown_order', null),
        if(products.product_id is null, 'unknown_product', null),
        if(items.user_id <> orders.user_id, 'mismatch:user_id', null),
        if(items.add_to_cart_order < 1, 'below:add_to_cart_order', null),
        if(items.add_to_cart_order > 100000, 'above:add_to_cart_order', null),
        if(items.days_since_prior_order > 36500, 'above:days_since_prior_order', null),
        if(items.reordered not in (0, 1), 'invalid:reordered', null),
        if(items.days_since_prior_order < 0, 'below:days_since_prior_order', null),
    ]) as reasons
from bronze.order_items as items
left join silver.orders as orders on items.order_id = orders.order_id
left join silver.products as products on items.product_id = products.product_id;

create table silver.order_items_rejected as
select *
from silver.order_items_judged
where len(reasons) > 0;

create table silver.order_items as
with ranked as (
    select
        *,
        row_number() over (
            partition by id
            order by file_date desc, source_file desc, record_number desc
        ) as version_rank
    from silver.order_items_judged
    where len(reasons) = 0
),

effective as (
    select *
    from ranked
    where version_rank = 1
),

-- Whole cents: floor(T / n) for each line, one cent more for the first T mod n lines.
shared as (
    select
        effective.*,
        cents(orders.total_amount) as order_cents,
        count(*) over (partition by effective.order_id) as line_count,
        row_number() over (
            partition by effective.order_id
            order by effective.add_to_cart_order, effective.id
        ) as line_position
    from effective
    inner join silver.orders as orders on effective.order_id = orders.order_id
),

final as (
    select
        id,
        order_id,
        user_id,
        product_id,

        days_since_prior_order,
        add_to_cart_order,
        reordered,

        money(
            order_cents // line_count + if(line_position <= order_cents % line_count, 1, 0)
        ) as allocated_amount,

        order_timestamp,
        date,

        source_file,
        record_number
    from shared
)

select * from final;

-- A line is a reorder when the same user has the product in an earlier order of our data.
create table silver.order_items_reorders as
with first_purchases as (
    select
        user_id,
        product_id,
        min((order_timestamp, order_id)) as first_order
    from silver.order_items
    group by user_id, product_id
)

select
    items.*,
    (items.order_timestamp, items.order_id) > first_purchases.first_order as is_observed_reorder
from silver.order_items as items
inner join first_purchases
    on
        items.user_id = first_purchases.user_id
        and items.product_id = first_purchases.product_id;
