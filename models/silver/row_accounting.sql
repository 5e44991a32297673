{#- Each run that publishes this table adds it to ops.row_accounting. -#}
with

ingested_files as (

    select * from {{ source('ops', 'ingested_files') }}

),

places as (

    {% for table, is_waiting in raw_tables().items() %}
        select
            '{{ table }}' as table_name,
            'bronze' as place
        from {{ source('bronze', table) }}
        union all
        select
            '{{ table }}' as table_name,
            'silver' as place
        from {{ ref(table) }}
        union all
        select
            '{{ table }}' as table_name,
            'superseded' as place
        from {{ ref(table ~ '_superseded') }}
        union all
        select
            '{{ table }}' as table_name,
            if({{ is_waiting }}, 'waiting', 'rejected') as place
        from {{ ref(table ~ '_rejected') }}
        {{ 'union all' if not loop.last }}
    {% endfor %}

),

row_counts as (

    select
        table_name,
        sum(if(place = 'bronze', 1, 0)) as bronze_rows,
        sum(if(place = 'silver', 1, 0)) as silver_rows,
        sum(if(place = 'superseded', 1, 0)) as superseded_rows,
        sum(if(place = 'rejected', 1, 0)) as rejected_rows,
        sum(if(place = 'waiting', 1, 0)) as waiting_rows
    from places
    group by table_name

),

record_counts as (

    select
        table_name,
        sum(records_read) as records_read,
        sum(records_loaded) as records_loaded,
        sum(records_rejected) as records_rejected,
        sum(coalesce(records_erased, 0)) as records_erased
    from ingested_files
    where
        status in ('loaded', 'quarantined')
        and table_name is not null
    group by table_name

),

final as (

    select
        -- key
        record_counts.table_name,

        -- counts
        record_counts.records_read,
        record_counts.records_loaded,
        record_counts.records_rejected,
        record_counts.records_erased,
        coalesce(row_counts.bronze_rows, 0) as bronze_rows,
        coalesce(row_counts.silver_rows, 0) as silver_rows,
        coalesce(row_counts.superseded_rows, 0) as superseded_rows,
        coalesce(row_counts.rejected_rows, 0) as rejected_rows,
        coalesce(row_counts.waiting_rows, 0) as waiting_rows
    from record_counts
    left join row_counts
        on record_counts.table_name = row_counts.table_name

)

select * from final
