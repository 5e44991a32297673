{# The table is replaced in one commit by rows that look at its own older ones: only so can
   last_updated_timestamp stay where nothing changed. #}
with

products_checked as (

    select * from {{ ref('products_checked') }}

),

valid_versions as (

    select
        *,
        row_number() over (partition by product_id order by {{ newest_first() }}) as version_rank,
        first_value(source_file) over (order by {{ newest_first() }}) as newest_source_file
    from products_checked
    where size(reasons) = 0

),

current_versions as (

    select
        product_id,
        department_id,
        product_name,
        department,
        source_department,
        source_file,
        file_date,
        record_number,
        batch_id,
        ingestion_timestamp,
        source_file = newest_source_file as is_active
    from valid_versions
    where version_rank = 1

),

-- the rows of the last run; none in the first one
previous as (

    {% if has_previous() %}
        select * from {{ this }}
    {% else %}
        select
            *,
            ingestion_timestamp as last_updated_timestamp
        from current_versions
        where false
    {% endif %}

),

final as (

    select
        -- keys
        current_versions.product_id,

        -- attributes
        current_versions.product_name,
        current_versions.department,
        current_versions.department_id,
        current_versions.source_department,

        -- flags
        current_versions.is_active,

        -- audit
        current_versions.source_file,
        current_versions.file_date,
        current_versions.record_number,
        current_versions.batch_id,
        current_versions.ingestion_timestamp,
        case
            when
                previous.product_name = current_versions.product_name
                and previous.department = current_versions.department
                and previous.department_id <=> current_versions.department_id
                and previous.is_active = current_versions.is_active
                then previous.last_updated_timestamp
            else current_versions.ingestion_timestamp
        end as last_updated_timestamp
    from current_versions
    left join previous
        on current_versions.product_id = previous.product_id

)

select * from final
