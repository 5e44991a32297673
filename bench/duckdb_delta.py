"""The same tables by DuckDB and delta-rs: what a good engineer writes for one machine.

Data flow: CSV files -> DuckDB tables in memory (bronze, silver, gold) -> Delta tables by delta-rs

Done as in our pipeline: every column typed, every record with its file and its number in it, every
refused record kept with all its reasons, the silver rules with their reasons, the same columns,
partitions and clustering.

Not done: no ledger of files (nothing is incremental), no check of a file as a whole (header, text
encoding, share of rejects), no test, no schema contract. Types are as lenient as DuckDB's casts: a
fraction is rounded to an id. A record that DuckDB can't split is kept with the text that DuckDB
gives, and is left out of the numbering of the records behind it.

    python -m bench.duckdb_delta --raw DIR --root DIR
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

import duckdb
from deltalake import DeltaTable, write_deltalake

from bench.layout import BRONZE, GOLD, SILVER, Layout
from bench.program import Phases, argument_parser
from ingestion.tables import TABLES, Table, Type

_SQL = Path(__file__).parent / "sql"
_SEEDS = Path(__file__).parent.parent / "seeds"
# Every reader of today can read these tables.
_PROPERTIES = {"delta.enableDeletionVectors": "false"}
_TYPES = {Type.TIMESTAMP: "timestamptz", Type.STRING: "varchar"}


def main() -> None:
    """Build all tables and print the seconds of each phase."""
    arguments = argument_parser("The same tables by DuckDB and delta-rs.").parse_args()
    phases = Phases()
    connection = _connect()
    phases.started()
    with phases.measure("ingest"):
        _read(connection, arguments.raw)
        _write(connection, arguments.root, BRONZE)
    for name, layouts in (("silver", SILVER), ("gold", GOLD)):
        with phases.measure(name):
            connection.execute((_SQL / f"{name}.sql").read_text())
            _write(connection, arguments.root, layouts)
    with phases.measure("zorder"):
        for layout in (*SILVER, *GOLD):
            if layout.zorder_by:
                DeltaTable(arguments.root / layout.path).optimize.z_order(layout.zorder_by)
    phases.print()


def _connect() -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect()
    connection.execute("set timezone = 'UTC'")
    for schema in ("bronze", "silver", "gold", "ops", "seeds"):
        connection.execute(f"create schema {schema}")
    connection.execute("set variable run_id = ?", [uuid.uuid4().hex])
    connection.execute("set variable started_at = ?", [datetime.now(UTC)])
    for path in _SEEDS.glob("*.csv"):
        connection.execute(f"create table seeds.{path.stem} as from read_csv('{path}')")
    return connection


def _read(connection: duckdb.DuckDBPyConnection, raw: Path) -> None:
    rejects = []
    for table in TABLES.values():
        connection.execute(_typed_sql(table, raw))
        connection.execute(
            f"create table bronze.{table.name} as"
            f" select * exclude (reasons) from {table.name}_typed where len(reasons) = 0"
        )
        rejects.append(
            f"select '{table.name}' as table_name, source_file, record_number,"
            f" cast(null as varchar) as raw_text, reasons from {table.name}_typed"
            " where len(reasons) > 0"
        )
    rejects.append(
        "select split_part(scans.file_path, '/', -2) as table_name,"
        " table_name || '/' || parse_filename(scans.file_path) as source_file,"
        " errors.line - 1 as record_number, errors.csv_line as raw_text,"
        " ['malformed'] as reasons"
        " from reject_errors as errors inner join reject_scans as scans using (scan_id, file_id)"
    )
    connection.execute(
        "create table ops.rejected_records as select *, getvariable('run_id') as batch_id,"
        f" getvariable('started_at') as rejected_timestamp from ({' union all '.join(rejects)})"
    )


def _typed_sql(table: Table, raw: Path) -> str:
    """A table of all records, typed, with their reasons; the reader keeps the order of the file."""
    typed, reasons = [], []
    for column in table.columns:
        value = f"try_cast({column.name} as {_TYPES.get(column.type, column.type)})"
        typed.append(f"{value} as {column.name}")
        if column.required:
            reasons.append(f"if({column.name} is null, 'missing:{column.name}', null)")
        if column.type is not Type.STRING:
            reasons.append(
                f"if({column.name} is not null and {value} is null, 'type:{column.name}', null)"
            )
    return f"""
        create temp table {table.name}_numbered as
        with text as (
            select *, row_number() over () as row_number
            from read_csv(
                '{raw}/{table.name}/*.csv', header = true, delim = ',', quote = '"', escape = '"',
                all_varchar = true, filename = true, store_rejects = true
            )
        )
        select
            {", ".join(typed)},
            cast(null as varchar) as _rescued,
            '{table.name}/' || parse_filename(filename) as source_file,
            try_cast(parse_filename(filename, true) as date) as file_date,
            row_number,
            getvariable('started_at') as ingestion_timestamp,
            getvariable('run_id') as batch_id,
            list_filter([{", ".join(reasons)}], lambda reason: reason is not null) as reasons
        from text;
        create temp view {table.name}_typed as
        with first_rows as (
            select source_file, min(row_number) as first_row
            from {table.name}_numbered
            group by source_file
        )
        select
            numbered.* exclude (row_number),
            row_number - first_row + 1 as record_number
        from {table.name}_numbered as numbered
        inner join first_rows using (source_file);
    """


def _write(connection: duckdb.DuckDBPyConnection, root: Path, layouts: Iterable[Layout]) -> None:
    for layout in layouts:
        rows = connection.table(f"{layout.layer}.{layout.name}").to_arrow_reader()
        write_deltalake(
            root / layout.path,
            rows,
            mode="overwrite",
            partition_by=list(layout.partition_by),
            configuration=_PROPERTIES,
        )


if __name__ == "__main__":
    main()
