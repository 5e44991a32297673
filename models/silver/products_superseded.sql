with

products_checked as (

    select * from {{ ref('products_checked') }}

),

valid_versions as (

    select
        *,
        row_number() over (partition by product_id order by {{ newest_first() }}) as version_rank
    from products_checked
    where size(reasons) = 0

),

final as (

    select
        -- keys
        product_id,

        -- attributes
        product_name,
        department,
        department_id,
        source_department,

        -- audit
        source_file,
        file_date,
        record_number,
        batch_id,
        ingestion_timestamp
    from valid_versions
    where version_rank > 1

)

select * from final
