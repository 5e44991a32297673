{{ config(materialized='ephemeral') }}

with

bronze_products as (

    select * from {{ source('bronze', 'products') }}

),

department_aliases as (

    select * from {{ ref('department_aliases') }}

),

final as (

    select
        bronze_products.product_id,
        bronze_products.department_id,
        {{ text_key('bronze_products.product_name') }} as product_name,
        coalesce(
            department_aliases.department, {{ text_key('bronze_products.department') }}
        ) as department,
        bronze_products.department as source_department,
        bronze_products.source_file,
        bronze_products.file_date,
        bronze_products.record_number,
        bronze_products.batch_id,
        bronze_products.ingestion_timestamp,
        {{ reasons({
            'not_positive:product_id': 'bronze_products.product_id <= 0',
            'missing:product_name': text_key('bronze_products.product_name') ~ " = ''",
            'missing:department': text_key('bronze_products.department') ~ " = ''",
        }) }} as reasons
    from bronze_products
    left join department_aliases
        on lower({{ text_key('bronze_products.department') }}) = department_aliases.alias

)

select * from final
