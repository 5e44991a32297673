{# As this build found it; built_from keeps it once the build is through. #}
with

ingested_files as (

    select * from {{ source('ops', 'ingested_files') }}

),

products as (

    select * from {{ ref('products') }}

),

files as (

    select
        'file' as kind,
        table_name,
        source_file as input_name,
        dates,
        -- an execution that is redriven loads a corrected file under the same batch
        concat(batch_id, ' ', content_hash) as input_version
    from ingested_files
    where
        status = 'loaded'
        and table_name <> 'products'

),

listed_products as (

    select
        'product' as kind,
        'products' as table_name,
        department as input_version,
        cast(product_id as string) as input_name,
        cast(null as array<date>) as dates
    from products

),

limits as (

    {% for limit in ['min_order_amount', 'max_order_amount'] %}
        select
            'limit' as kind,
            'orders' as table_name,
            '{{ limit }}' as input_name,
            '{{ var(limit) }}' as input_version,
            cast(null as array<date>) as dates
        {{ 'union all' if not loop.last }}
    {% endfor %}

),

rules as (

    select
        'rules' as kind,
        'silver' as table_name,
        'silver' as input_name,
        '{{ silver_rules() }}' as input_version,
        cast(null as array<date>) as dates

),

all_inputs as (

    {% for part in ['files', 'listed_products', 'limits', 'rules'] %}
        select
            kind,
            table_name,
            input_name,
            input_version,
            dates
        from {{ part }}
        {{ 'union all' if not loop.last }}
    {% endfor %}

),

final as (

    select
        kind,
        table_name,
        input_name,
        input_version,
        dates,
        '{{ invocation_id }}' as build_id
    from all_inputs

)

select * from final
