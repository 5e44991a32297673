-- When this fails, a run lost or invented rows: read is loaded, rejected or erased, loaded is in bronze,
-- and a bronze row is in silver, superseded, rejected or waiting.
select *
from {{ ref('row_accounting') }}
where
    records_read <> records_loaded + records_rejected + records_erased
    or records_loaded <> bronze_rows
    or bronze_rows <> silver_rows + superseded_rows + rejected_rows + waiting_rows
