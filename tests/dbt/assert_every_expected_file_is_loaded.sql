-- When this fires, days lack orders or lines: these files did not come, or came and were refused.
-- With days_behind above 0 the newest days of the table are among them.
{{ config(severity='warn') }}

with

missing_files as (

    select * from {{ source('ops', 'missing_files') }}

),

loaded_files as (

    select * from {{ source('ops', 'ingested_files') }}
    where status = 'loaded'

),

newest_missing as (

    select
        table_name,
        max(file_date) as missing_date
    from missing_files
    group by table_name

),

newest_loaded as (

    select
        table_name,
        max(file_date) as loaded_date
    from loaded_files
    group by table_name

)

select
    missing_files.expected_file,
    missing_files.state,
    newest_loaded.loaded_date as newest_loaded_date,
    case
        when newest_loaded.loaded_date >= newest_missing.missing_date then 0
        else datediff(newest_missing.missing_date, newest_loaded.loaded_date)
    end as days_behind
from missing_files
left join newest_missing
    on missing_files.table_name = newest_missing.table_name
left join newest_loaded
    on missing_files.table_name = newest_loaded.table_name
