-- When this fires, records of a file got lost before bronze, or bronze has rows of no loaded file,
-- such as after a replay that was cut off and not repeated.
with

ingested_files as (

    select * from {{ source('ops', 'ingested_files') }}

),

rejected_records as (

    select * from {{ source('ops', 'rejected_records') }}
    where closed_batch_id is null

),

bronze_rows as (

    {% for table in raw_tables() %}
        select source_file
        from {{ source('bronze', table) }}
        {{ 'union all' if not loop.last }}
    {% endfor %}

),

bronze as (

    select
        source_file,
        count(*) as bronze_count
    from bronze_rows
    group by source_file

),

rejected as (

    select
        source_file,
        content_hash,
        count(*) as rejected_count
    from rejected_records
    group by
        source_file,
        content_hash

),

loaded_files as (

    select * from ingested_files
    where status = 'loaded'

),

compared as (

    select
        loaded_files.source_file,
        bronze.source_file as bronze_source_file,
        loaded_files.records_read,
        coalesce(loaded_files.records_erased, 0) as erased_count,
        coalesce(bronze.bronze_count, 0) as bronze_count,
        coalesce(rejected.rejected_count, 0) as rejected_count
    from loaded_files
    full join bronze
        on loaded_files.source_file = bronze.source_file
    left join rejected
        on
            loaded_files.source_file = rejected.source_file
            and loaded_files.content_hash = rejected.content_hash

)

select * from compared
where
    source_file is null
    or records_read <> bronze_count + rejected_count + erased_count
