-- Typed records of the files that count. A record that breaks its declaration is rejected with all
-- its reasons; a file with more than 10 % of rejected records is left out whole.

create table bronze.judged_products as
with texts as (
    select
        source_file,
        record_number,
        fields is null as is_malformed,
        nullif(trimmed(fields[1]), '') as product_id_text,
        nullif(trimmed(fields[2]), '') as department_id_text,
        if(trimmed(fields[3]) = '', null, fields[3]) as department_text,
        if(trimmed(fields[4]) = '', null, fields[4]) as product_name_text
    from raw.records
    where table_name = 'products'
),

typed as (
    select
        *,
        as_bigint(product_id_text) as product_id,
        as_bigint(department_id_text) as department_id,
        department_text as department,
        product_name_text as product_name
    from texts
),

final as (
    select
        source_file,
        record_number,

        product_id,
        department_id,
        department,
        product_name,

        case
            when is_malformed then ['malformed']
            else sorted_reasons([
                value_fault('product_id', product_id_text, product_id, true),
                value_fault('department_id', department_id_text, department_id, false),
                value_fault('department', department_text, department, true),
                value_fault('product_name', product_name_text, product_name, true),
            ])
        end as reasons
    from typed
)

select * from final;


create table bronze.judged_orders as
with texts as (
    select
        source_file,
        record_number,
        fields is null as is_malformed,
        nullif(trimmed(fields[1]), '') as order_num_text,
        nullif(trimmed(fields[2]), '') as order_id_text,
        nullif(trimmed(fields[3]), '') as user_id_text,
        nullif(trimmed(fields[4]), '') as order_timestamp_text,
        nullif(trimmed(fields[5]), '') as total_amount_text,
        nullif(trimmed(fields[6]), '') as date_text
    from raw.records
    where table_name = 'orders'
),

typed as (
    select
        *,
        as_bigint(order_num_text) as order_num,
        as_bigint(order_id_text) as order_id,
        as_bigint(user_id_text) as user_id,
        as_utc_timestamp(order_timestamp_text) as order_timestamp,
        as_money(total_amount_text) as total_amount,
        as_date(date_text) as date
    from texts
),

final as (
    select
        source_file,
        record_number,

        order_num,
        order_id,
        user_id,
        order_timestamp,
        total_amount,
        date,

        case
            when is_malformed then ['malformed']
            else sorted_reasons([
                value_fault('order_num', order_num_text, order_num, false),
                value_fault('order_id', order_id_text, order_id, true),
                value_fault('user_id', user_id_text, user_id, true),
                value_fault('order_timestamp', order_timestamp_text, order_timestamp, true),
                value_fault('total_amount', total_amount_text, total_amount, true),
                value_fault('date', date_text, date, true),
            ])
        end as reasons
    from typed
)

select * from final;


create table bronze.judged_order_items as
with texts as (
    select
        source_file,
        record_number,
        fields is null as is_malformed,
        nullif(trimmed(fields[1]), '') as id_text,
        nullif(trimmed(fields[2]), '') as order_id_text,
        nullif(trimmed(fields[3]), '') as user_id_text,
        nullif(trimmed(fields[4]), '') as days_since_prior_order_text,
        nullif(trimmed(fields[5]), '') as product_id_text,
        nullif(trimmed(fields[6]), '') as add_to_cart_order_text,
        nullif(trimmed(fields[7]), '') as reordered_text,
        nullif(trimmed(fields[8]), '') as order_timestamp_text,
        nullif(trimmed(fields[9]), '') as date_text
    from raw.records
    where table_name = 'order_items'
),

typed as (
    select
        *,
        as_bigint(id_text) as id,
        as_bigint(order_id_text) as order_id,
        as_bigint(user_id_text) as user_id,
        as_bigint(days_since_prior_order_text) as days_since_prior_order,
        as_bigint(product_id_text) as product_id,
        as_bigint(add_to_cart_order_text) as add_to_cart_order,
        as_bigint(reordered_text) as reordered,
        as_utc_timestamp(order_timestamp_text) as order_timestamp,
        as_date(date_text) as date
    from texts
),

final as (
    select
        source_file,
        record_number,

        id,
        order_id,
        user_id,
        days_since_prior_order,
        product_id,
        add_to_cart_order,
        reordered,
        order_timestamp,
        date,

        case
            when is_malformed then ['malformed']
            else sorted_reasons([
                value_fault('id', id_text, id, true),
                value_fault('order_id', order_id_text, order_id, true),
                value_fault('user_id', user_id_text, user_id, true),
                value_fault(
                    'days_since_prior_order',
                    days_since_prior_order_text,
                    days_since_prior_order,
                    false
                ),
                value_fault('product_id', product_id_text, product_id, true),
                value_fault('add_to_cart_order', add_to_cart_order_text, add_to_cart_order, true),
                value_fault('reordered', reordered_text, reordered, true),
                value_fault('order_timestamp', order_timestamp_text, order_timestamp, true),
                value_fault('date', date_text, date, true),
            ])
        end as reasons
    from typed
)

select * from final;


create table bronze.files as
with judged as (
    select
        source_file,
        reasons
    from bronze.judged_products
    union all
    select
        source_file,
        reasons
    from bronze.judged_orders
    union all
    select
        source_file,
        reasons
    from bronze.judged_order_items
),

counted as (
    select
        source_file,
        count(*) as record_count,
        count(*) filter (where len(reasons) > 0) as rejected_count
    from judged
    group by source_file
),

final as (
    select
        files.table_name,
        files.source_file,
        files.file_date,
        coalesce(counted.record_count, 0) as record_count,
        coalesce(counted.rejected_count, 0) as rejected_count,
        case
            when files.fault is not null then files.fault
            when counted.rejected_count * 10 > counted.record_count then 'too_many_rejects'
        end as fault
    from raw.files as files
    left join counted on files.source_file = counted.source_file
)

select * from final;


create table bronze.products as
select
    judged.* exclude (reasons),
    files.file_date
from bronze.judged_products as judged
inner join bronze.files as files on judged.source_file = files.source_file
where files.fault is null and len(judged.reasons) = 0;

create table bronze.orders as
select
    judged.* exclude (reasons),
    files.file_date
from bronze.judged_orders as judged
inner join bronze.files as files on judged.source_file = files.source_file
where files.fault is null and len(judged.reasons) = 0;

create table bronze.order_items as
select
    judged.* exclude (reasons),
    files.file_date
from bronze.judged_order_items as judged
inner join bronze.files as files on judged.source_file = files.source_file
where files.fault is null and len(judged.reasons) = 0;
