-- One row per order: its newest version among those that pass the rules.

create table silver.orders_judged as
select
    *,
    sorted_reasons([
        if(order_id <= 0, 'not_positive:order_id', null),
        if(user_id <= 0, 'not_positive:user_id', null),
        if(total_amount < 0.01, 'below:total_amount', null),
        if(total_amount > 100000.00, 'above:total_amount', null),
        if(
            date < file_date - getvariable('max_days_behind')::integer
            or date < '2000-01-01'::date,
            'too_early:date',
            null
        ),
        if(
            date > file_date + getvariable('max_days_ahead')::integer
            or date > '2099-12-31'::date,
            'too_late:date',
            null
        ),
        if(date <> cast(order_timestamp as date), 'mismatch:date', null),
    ]) as reasons
from bronze.orders;

create table silver.orders_rejected as
select * replace (cast(order_id as varchar) as order_id)
from silver.orders_judged
where len(reasons) > 0;

create table silver.orders as
with ranked as (
    select
        *,
        row_number() over (
            partition by order_id
            order by file_date desc, source_file desc, record_number desc
        ) as version_rank
    from silver.orders_judged
    where len(reasons) = 0
),

final as (
    select
        order_id,
        order_num,
        user_id,

        total_amount,

        order_timestamp,
        date,
        isodow(order_timestamp) as day_of_week,
        hour(order_timestamp) as hour_of_day,

        source_file,
        record_number
    from ranked
    where version_rank = 1
)

select * from final;
