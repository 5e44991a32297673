-- When this fires, the newest run lost or invented rows: read is loaded, rejected or erased, loaded is in bronze,
-- and a bronze row is in silver, superseded, rejected or waiting.
with

row_accounting as (

    select * from {{ ref('row_accounting') }}

),

newest as (

    select max(run_number) as run_number
    from row_accounting

)

select row_accounting.*
from row_accounting
inner join newest
    on row_accounting.run_number = newest.run_number
where
    row_accounting.records_read <> row_accounting.records_loaded + row_accounting.records_rejected
    + row_accounting.records_erased
    or row_accounting.records_loaded <> row_accounting.bronze_rows
    or row_accounting.bronze_rows <> row_accounting.silver_rows + row_accounting.superseded_rows
    + row_accounting.rejected_rows + row_accounting.waiting_rows
