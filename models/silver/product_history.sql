{#- From the files alone, and so the same whatever came first; what a snapshot holds depends on when
    it was taken. -#}
with

products_checked as (

    select * from {{ ref('products_checked') }}

),

valid_rows as (

    select
        *,
        -- a file without a date is older than any with one
        coalesce(file_date, date '0001-01-01') as listed_on
    from products_checked
    where size(reasons) = 0

),

-- of two files for one day the newest is the list of that day
lists as (

    select
        listed_on,
        max(source_file) as source_file
    from valid_rows
    group by listed_on

),

numbered_lists as (

    select
        listed_on,
        source_file,
        row_number() over (order by listed_on) as list_number
    from lists

),

listed_products as (

    select
        valid_rows.*,
        numbered_lists.list_number,
        row_number() over (
            partition by valid_rows.product_id, numbered_lists.list_number
            order by valid_rows.record_number desc
        ) as version_rank
    from valid_rows
    inner join numbered_lists
        on valid_rows.source_file = numbered_lists.source_file

),

with_list_before as (

    select
        *,
        lag(list_number) over (partition by product_id order by list_number) as number_before,
        lag(product_name) over (partition by product_id order by list_number) as name_before,
        lag(department) over (partition by product_id order by list_number) as department_before,
        lag(department_id) over (
            partition by product_id order by list_number
        ) as department_id_before
    from listed_products
    where version_rank = 1

),

-- a period begins where the product comes, comes back or has other content than in the list before
with_period_number as (

    select
        *,
        sum(
            case
                when
                    number_before = list_number - 1
                    and name_before = product_name
                    and department_before = department
                    and department_id_before <=> department_id
                    then 0
                else 1
            end
        ) over (partition by product_id order by list_number) as period_number
    from with_list_before

),

periods as (

    select
        product_id,
        period_number,
        min(list_number) as first_list_number,
        max(list_number) as last_list_number
    from with_period_number
    group by
        product_id,
        period_number

),

final as (

    select
        -- keys
        periods.product_id,
        periods.period_number,

        -- attributes
        with_period_number.product_name,
        with_period_number.department,
        with_period_number.department_id,

        -- times
        with_period_number.file_date as valid_from_date,
        next_lists.listed_on as valid_to_date,

        -- audit
        with_period_number.source_file,
        with_period_number.record_number,
        with_period_number.batch_id,
        with_period_number.ingestion_timestamp,

        -- flags
        next_lists.list_number is null as is_current
    from periods
    inner join with_period_number
        on
            periods.product_id = with_period_number.product_id
            and periods.first_list_number = with_period_number.list_number
    left join numbered_lists as next_lists
        on periods.last_list_number + 1 = next_lists.list_number

)

select * from final
