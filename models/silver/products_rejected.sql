with

products_checked as (

    select * from {{ ref('products_checked') }}

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
        reasons,
        source_file,
        file_date,
        record_number,
        batch_id,
        ingestion_timestamp
    from products_checked
    where size(reasons) > 0

)

select * from final
