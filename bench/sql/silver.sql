-- Silver in DuckDB: every rule gives its reason, the newest valid version of a key wins.

create macro kept(reasons) as list_filter(reasons, lambda reason: reason is not null);

create table silver.products_checked as
select
    bronze.product_id,
    trim(bronze.product_name) as product_name,
    coalesce(aliases.department, trim(bronze.department)) as department,
    bronze.department_id,
    bronze.department as source_department,
    kept([if(bronze.product_id <= 0, 'not_positive:product_id', null)]) as reasons,
    bronze.source_file,
    bronze.file_date,
    bronze.record_number,
    bronze.batch_id,
    bronze.ingestion_timestamp
from bronze.products as bronze
left join seeds.department_aliases as aliases
    on lower(trim(bronze.department)) = aliases.alias;

create table silver.products_rejected as
select * from silver.products_checked
where len(reasons) > 0;

create table silver.products as
with valid as (
    select
        *,
        row_number() over newest as version_rank,
        first_value(source_file) over (
            order by file_date desc nulls last, source_file desc, record_number desc
        ) as newest_source_file
    from silver.products_checked
    where len(reasons) = 0
    window newest as (
        partition by product_id
        order by file_date desc nulls last, source_file desc, record_number desc
    )
)

select
    product_id,
    product_name,
    department,
    department_id,
    source_department,
    source_file = newest_source_file as is_active,
    source_file,
    file_date,
    record_number,
    batch_id,
    ingestion_timestamp,
    ingestion_timestamp as last_updated_timestamp
from valid
where version_rank = 1;

create table silver.orders_checked as
select
    order_id,
    user_id,
    order_num,
    total_amount,
    order_timestamp,
    date,
    kept([
        if(order_id <= 0, 'not_positive:order_id', null),
        if(user_id <= 0, 'not_positive:user_id', null),
        if(total_amount < 0.01, 'below:total_amount', null),
        if(total_amount > 100000.00, 'above:total_amount', null),
        if(date <> cast(order_timestamp as date), 'mismatch:date', null)
    ]) as reasons,
    source_file,
    file_date,
    record_number,
    batch_id,
    ingestion_timestamp
from bronze.orders;

create table silver.orders_rejected as
select * from silver.orders_checked
where len(reasons) > 0;

create table silver.orders as
with valid as (
    select *
    from silver.orders_checked
    where len(reasons) = 0
    qualify row_number() over (
        partition by order_id
        order by file_date desc nulls last, source_file desc, record_number desc
    ) = 1
)

select
    order_id,
    user_id,
    order_num,
    total_amount,
    order_timestamp,
    cast(isodow(date) as int) as day_of_week,
    cast(hour(order_timestamp) as int) as hour_of_day,
    source_file,
    file_date,
    record_number,
    batch_id,
    ingestion_timestamp,
    date
from valid;

create table silver.order_items_checked as
select
    items.id,
    items.order_id,
    items.user_id,
    items.product_id,
    items.add_to_cart_order,
    items.days_since_prior_order,
    items.reordered,
    coalesce(orders.order_timestamp, items.order_timestamp) as order_timestamp,
    coalesce(orders.date, items.date) as date,
    cast(orders.total_amount * 100 as bigint) as order_cents,
    kept([
        if(items.id <= 0, 'not_positive:id', null),
        if(items.order_id <= 0, 'not_positive:order_id', null),
        if(items.user_id <= 0, 'not_positive:user_id', null),
        if(items.product_id <= 0, 'not_positive:product_id', null),
        if(orders.order_id is null, 'unknown_order', null),
        if(products.product_id is null, 'unknown_product', null),
        if(items.user_id <> orders.user_id, 'mismatch:user_id', null),
        if(items.add_to_cart_order < 1, 'below:add_to_cart_order', null),
        if(items.reordered not in (0, 1), 'invalid:reordered', null),
        if(items.days_since_prior_order < 0, 'below:days_since_prior_order', null)
    ]) as reasons,
    items.source_file,
    items.file_date,
    items.record_number,
    items.batch_id,
    items.ingestion_timestamp
from bronze.order_items as items
left join silver.orders as orders on items.order_id = orders.order_id
left join silver.products as products on items.product_id = products.product_id;

create table silver.order_items_rejected as
select
    * exclude (order_cents),
    len(list_filter(
        reasons, lambda reason: reason not in ('unknown_order', 'unknown_product')
    )) = 0 as is_waiting
from silver.order_items_checked
where len(reasons) > 0;

-- Whole cents: each line gets the floor of its equal share, the first lines one cent more.
create table silver.order_items as
with valid as (
    select *
    from silver.order_items_checked
    where len(reasons) = 0
    qualify row_number() over (
        partition by id
        order by file_date desc nulls last, source_file desc, record_number desc
    ) = 1
),

shares as (
    select
        *,
        count(*) over (partition by order_id) as line_count,
        row_number() over (partition by order_id order by add_to_cart_order, id) as line_rank
    from valid
)

select
    id,
    order_id,
    user_id,
    product_id,
    add_to_cart_order,
    days_since_prior_order,
    cast(
        cast(
            order_cents // line_count + if(line_rank <= order_cents % line_count, 1, 0)
            as decimal(16, 0)
        ) * 0.01 as decimal(18, 2)
    ) as allocated_amount,
    reordered,
    order_timestamp,
    source_file,
    file_date,
    record_number,
    batch_id,
    ingestion_timestamp,
    date
from shares;
