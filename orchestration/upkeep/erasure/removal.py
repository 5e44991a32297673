"""What an erasure writes before the build: suppression list, bronze, rejects, failures, ledger.

Each step is one commit for each table and looks at what is still there, so that an erasure that was
cut off is finished by another one. No predicate that a Delta log keeps names the person.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal

import duckdb
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from ingestion import ops
from ingestion.delta import is_in, replace_where
from ingestion.erased import USER_COLUMN, read_erased, text_names, user_hash
from ingestion.ledger import Batch, LedgerRow, Status
from ingestion.ops_tables import ERASED_USERS, ERASURES
from ingestion.settings import Settings
from ingestion.tables import TABLES
from orchestration.state.delta_reader import connect, has_table
from orchestration.upkeep.erasure.search import failing_row_names

# Of a table without a day of its own: null is for records that bronze had refused.
_DAY_OF_ARRIVAL = "coalesce(file_date, ingestion_timestamp::date)"
_RECORD = ("table_name", "source_file", "content_hash", "record_number")
_COUNTS = """
select source_file, {day} as date, count(*) as records, count({counted}) as counted_records,
    coalesce(sum({amount}), 0)::decimal(18, 2) as amount
from bronze.{table} as bronze {join}
where bronze.user_id = $user_id group by all order by all
"""
_IN_SILVER = """
left join (select source_file, record_number, true as is_counted from silver.{table})
using (source_file, record_number)
"""


@dataclass(frozen=True)
class Erasure:
    """The erasure of a person in the suppression list.

    Attributes:
        run_id: The run that began it.
        erased_at: Its start, UTC.
    """

    run_id: str
    erased_at: datetime


def find_erasure(settings: Settings, user_id: int) -> Erasure | None:
    """The person's erasure, None if there has been none."""
    connection = connect(settings)
    if not has_table(connection, "ops", "erased_users"):
        return None
    query = "select user_hash, salt, run_id, erased_at from ops.erased_users"
    for hashed, salt, run_id, erased_at in connection.execute(query).fetchall():
        if hashed == user_hash(salt, user_id):
            return Erasure(run_id, erased_at)
    return None


def suppress(spark: SparkSession, settings: Settings, user_id: int, batch: Batch) -> None:
    """Put a person on the list of those whose records are left out from now on."""
    salt = read_erased(spark, settings).salt or secrets.token_hex(16)
    row = (user_hash(salt, user_id), salt, batch.started_at, batch.batch_id)
    replace_where(
        spark,
        spark.createDataFrame([row], ERASED_USERS),
        settings.table("ops", "erased_users"),
        is_in("user_hash", [row[0]]),
    )


def remove(
    spark: SparkSession, settings: Settings, user_id: int, erasure: Erasure, batch: Batch
) -> None:
    """Take a person out of bronze, of the refused records and of what tests have stored.

    Args:
        spark: The session.
        settings: Where.
        user_id: The person.
        erasure: Under which what is taken out is noted, without the person.
        batch: Identity and start of this run, for the ledger.
    """
    connection = connect(settings)
    for table in _tables_of_people():
        _remove_from_bronze(spark, settings, connection, table, user_id, erasure)
    _remove_refused(spark, settings, connection, user_id, erasure)
    _remove_failures(spark, settings, connection, user_id)
    _correct_ledger(spark, settings, erasure, batch)


def _remove_from_bronze(
    spark: SparkSession,
    settings: Settings,
    connection: duckdb.DuckDBPyConnection,
    table: str,
    user_id: int,
    erasure: Erasure,
) -> None:
    has_silver = has_table(connection, "silver", table)
    counted = "is_counted" if has_silver else "null"
    amount = f"case when {counted} then total_amount end" if table == "orders" else "0"
    join = _IN_SILVER.format(table=table) if has_silver else ""
    query = _COUNTS.format(
        table=table,
        day="date" if TABLES[table].has_date else _DAY_OF_ARRIVAL,
        counted=counted,
        amount=amount,
        join=join,
    )
    rows = connection.execute(query, {"user_id": user_id}).fetchall()
    if not rows:
        return
    _note(spark, settings, erasure, [(table, *row) for row in rows])
    of_files = is_in("source_file", {row[0] for row in rows})
    name = settings.table("bronze", table)
    is_theirs = F.col(USER_COLUMN).eqNullSafe(user_id)  # a row of nobody known stays
    left = spark.table(name).where(of_files).where(~is_theirs)
    replace_where(spark, left, name, of_files)


def _tables_of_people() -> list[str]:
    return [name for name, table in TABLES.items() if USER_COLUMN in table.column_names]


def _remove_refused(
    spark: SparkSession,
    settings: Settings,
    connection: duckdb.DuckDBPyConnection,
    user_id: int,
    erasure: Erasure,
) -> None:
    query = (
        f"select {', '.join(_RECORD)}, raw_text, header from ops.rejected_records"
        f" where {is_in('table_name', _tables_of_people())} order by all"
    )
    found = [
        row[:4]
        for row in connection.execute(query).fetchall()
        if text_names(row[4] or "", row[5], user_id.__eq__)
    ]
    if not found:
        return
    counts: dict[tuple[str, str], int] = {}
    for table, source_file, *_ in found:
        counts[table, source_file] = counts.get((table, source_file), 0) + 1
    _note(spark, settings, erasure, [(*key, None, n, 0, Decimal(0)) for key, n in counts.items()])
    name = settings.table("ops", "rejected_records")
    schema = spark.table(name).select(*_RECORD).schema
    gone = spark.createDataFrame(found, schema)
    of_files = is_in("source_file", {source_file for _, source_file in counts})
    columns = spark.table(name).columns
    left = spark.table(name).where(of_files).join(gone, on=list(_RECORD), how="left_anti")
    replace_where(spark, left.select(*columns), name, of_files)


def _remove_failures(
    spark: SparkSession, settings: Settings, connection: duckdb.DuckDBPyConnection, user_id: int
) -> None:
    rows = connection.execute("select test_name, failing_row from ops.test_failures").fetchall()
    found = {row for row in rows if failing_row_names(row[1], row[0], user_id)}
    if not found:
        return
    name = settings.table("ops", "test_failures")
    frame = spark.table(name)
    gone = spark.createDataFrame(sorted(found), frame.select("test_name", "failing_row").schema)
    of_tests = is_in("test_name", {test for test, _ in found})
    left = frame.where(of_tests).join(gone, on=["test_name", "failing_row"], how="left_anti")
    replace_where(spark, left.select(*frame.columns), name, of_tests)


_Noted = tuple[str, str, date | None, int, int, Decimal]


def _note(
    spark: SparkSession, settings: Settings, erasure: Erasure, rows: Sequence[_Noted]
) -> None:
    """Note what is about to be taken out; if that was cut off, the same rows are written again."""
    values = [(erasure.run_id, *row, erasure.erased_at) for row in rows]
    is_refused = rows[0][2] is None
    replace_where(
        spark,
        spark.createDataFrame(values, ERASURES),
        settings.table("ops", "erasures"),
        f"{is_in('run_id', [erasure.run_id])} and {is_in('table_name', {row[0] for row in rows})}"
        f" and {is_in('source_file', {row[1] for row in rows})}"
        f" and date is {'null' if is_refused else 'not null'}",
    )


def _correct_ledger(
    spark: SparkSession, settings: Settings, erasure: Erasure, batch: Batch
) -> None:
    """Let the ledger say of the files concerned what bronze and the rejects hold of them now."""
    connection = connect(settings)
    files = connection.execute(
        "select distinct source_file from ops.erasures where run_id = $run_id",
        {"run_id": erasure.run_id},
    ).fetchall()
    names = {name for (name,) in files}
    bronze: dict[str, tuple[int, list[date]]] = {}
    for table in _tables_of_people():
        dates = "list_sort(list(distinct date))" if TABLES[table].has_date else "[]::date[]"
        rows = connection.execute(
            f"select source_file, count(*), {dates} from bronze.{table} group by source_file"
        ).fetchall()
        bronze |= {name: (count, days) for name, count, days in rows}
    # Not `where closed_batch_id is null`: a file from before there was the column would be skipped.
    rejects = connection.execute(
        "select source_file, content_hash, count(*) - count(closed_batch_id)"
        " from ops.rejected_records group by all"
    ).fetchall()
    refused = {(name, content): count for name, content, count in rejects}
    ledger = [row for row in ops.read_ledger(spark, settings) if row.source_file in names]
    corrected = [_corrected(row, bronze, refused, batch) for row in ledger]
    if corrected != ledger:
        ops.write_ledger(spark, settings, corrected)


def _corrected(
    row: LedgerRow,
    bronze: Mapping[str, tuple[int, list[date]]],
    refused: Mapping[tuple[str, str], int],
    batch: Batch,
) -> LedgerRow:
    """A ledger row as of now; a run of its own makes silver see a changed file."""
    loaded, dates = row.records_loaded, row.dates
    if row.status == Status.LOADED:
        loaded, dates = bronze.get(row.source_file, (0, []))
    rejected = refused.get(row.version, 0) if row.records_rejected else 0
    if (loaded, rejected) == (row.records_loaded, row.records_rejected):
        return row
    return replace(
        row,
        records_loaded=loaded,
        records_rejected=rejected,
        records_erased=row.records_read - loaded - rejected,
        dates=dates,
        batch_id=batch.batch_id,
        recorded_at=batch.started_at,
    )
