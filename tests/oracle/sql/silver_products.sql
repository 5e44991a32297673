-- One row per product: the version of the newest products file that names it.

create table silver.products_judged as
select
    *,
    sorted_reasons([
        if(product_id > 0, null, 'not_positive:product_id'),
        if(name_key(product_name) = '', 'missing:product_name', null),
        if(name_key(department) = '', 'missing:department', null)
    ]) as reasons
from bronze.products;

create table silver.products_rejected as
select *
from silver.products_judged
where len(reasons) > 0;

create table silver.products as
with valid as (
    select *
    from silver.products_judged
    where len(reasons) = 0
),

-- products.csv carries no date and counts as older than any dated file.
ranked_files as (
    select
        source_file,
        row_number() over (order by file_date desc nulls last, source_file desc) as age
    from bronze.files
    where table_name = 'products' and fault is null
),

ranked as (
    select
        valid.*,
        ranked_files.age,
        row_number() over (
            partition by valid.product_id
            order by ranked_files.age asc, valid.record_number desc
        ) as version_rank
    from valid
    inner join ranked_files on valid.source_file = ranked_files.source_file
),

final as (
    select
        ranked.product_id,
        ranked.department_id,

        name_key(ranked.product_name) as product_name,
        coalesce(aliases.department, name_key(ranked.department)) as department,

        ranked.age = 1 as is_active,

        ranked.source_file,
        ranked.record_number
    from ranked
    left join raw.department_aliases as aliases
        on lower(name_key(ranked.department)) = aliases.alias
    where ranked.version_rank = 1
)

select * from final;
