"""Whether bronze and the rejects hold what the ledger says, from statistics of the Delta log.

Data flow: ledger + statistics of bronze's data files -> differences by file

A data file of bronze is mostly of one raw file, and its statistics say so; of the others the one
column `source_file` is read. So years of history are compared in a fraction of a second.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import unquote

import pyarrow as pa
import pyarrow.dataset as ds
import pyarrow.parquet as pq

from ingestion.ledger import LedgerRow, Status
from ingestion.settings import Settings
from ingestion.tables import TABLES
from orchestration.state.versions import is_table, open_table

_ORIGIN = ["source_file", "batch_id"]
_VERSION = ["source_file", "content_hash"]
_WITH_REJECTS = (Status.LOADED, Status.QUARANTINED)


@dataclass
class Rows:
    """Rows of a raw file in bronze, and the runs that brought them."""

    count: int = 0
    batches: set[str] = field(default_factory=set)


@dataclass(frozen=True)
class Difference:
    """A raw file of which a table holds other rows than the ledger says.

    Attributes:
        table: `<layer>.<table>`.
        source_file: The file.
        row: Of the ledger, None if it knows nothing of the file.
        found: Rows in the table.
        is_count: The number differs; else the rows are another version's.
    """

    table: str
    source_file: str
    row: LedgerRow | None
    found: int
    is_count: bool = True

    def __str__(self) -> str:
        if self.row is None:
            return f"{self.table} has {self.found:,} rows of {self.source_file}, the ledger none"
        if not self.is_count:
            return f"{self.table} has the rows of another version of {self.source_file}"
        rejects = self.table.startswith("ops.")
        expected = self.row.records_rejected if rejects else self.row.records_loaded
        return f"{self.table} has {self.found:,} of {expected:,} rows of {self.source_file}"


def differences(settings: Settings, ledger: Iterable[LedgerRow]) -> list[Difference]:
    """Where bronze and the rejects are not what the ledger says, by table and file.

    Raises:
        LakehouseError: A table can't be read.
    """
    rows = list(ledger)
    loaded = {row.source_file: row for row in rows if row.status == Status.LOADED}
    found = []
    for table in TABLES:
        there = bronze_rows(settings, table)
        expected = {name: row for name, row in loaded.items() if row.table_name == table}
        for name in sorted(there.keys() | expected.keys()):
            difference = _difference(table, name, expected.get(name), there.get(name, Rows()))
            found += [difference] if difference else []
    return found + _missing_rejects(settings, rows)


def _difference(table: str, name: str, row: LedgerRow | None, rows: Rows) -> Difference | None:
    if row is None or row.records_loaded != rows.count:
        return Difference(f"bronze.{table}", name, row, rows.count)
    # An erasure moves the ledger's row to its own run, and no row of bronze.
    if rows.count and row.batch_id not in rows.batches and not row.records_erased:
        return Difference(f"bronze.{table}", name, row, rows.count, is_count=False)
    return None


def _missing_rejects(settings: Settings, ledger: Iterable[LedgerRow]) -> list[Difference]:
    """Files that the ledger has more rejects of than there are; a replay may close some."""
    expected = [row for row in ledger if row.status in _WITH_REJECTS and row.records_rejected]
    counts: Counter[tuple[str, str]] = Counter()
    if expected and is_table(settings, "ops", "rejected_records"):
        location = settings.location("ops", "rejected_records")
        # There may be millions, of a few files: each name is in memory once for a batch.
        rejects = open_table("ops.rejected_records", location).to_pyarrow_dataset(
            parquet_read_options=ds.ParquetReadOptions(dictionary_columns=_VERSION)
        )
        for batch in rejects.to_batches(columns=_VERSION):
            for version, count in _counted(pa.Table.from_batches([batch]), _VERSION):
                counts[version] += count
    return [
        Difference("ops.rejected_records", row.source_file, row, counts[row.version])
        for row in expected
        if counts[row.version] < row.records_rejected
    ]


def bronze_rows(settings: Settings, table: str) -> dict[str, Rows]:
    """Raw file to its rows in a bronze table; none if there is no table.

    Raises:
        LakehouseError: The table can't be read.
    """
    found: dict[str, Rows] = defaultdict(Rows)
    if not is_table(settings, "bronze", table):
        return found
    location = settings.location("bronze", table)
    delta_table = open_table(f"bronze.{table}", location)
    mixed = []
    for action in pa.table(delta_table.get_add_actions(flatten=True)).to_pylist():
        names, batches = (
            {action.get(f"{end}.{column}") for end in ("min", "max")} for column in _ORIGIN
        )
        if len(names) == len(batches) == 1 and None not in names | batches:
            rows = found[names.pop()]
            rows.count += action["num_records"]
            rows.batches |= batches
        elif action["num_records"] != 0:
            mixed.append(Path(location, unquote(action["path"])))
    if mixed and not settings.is_local:
        found.clear()
        parts = [delta_table.to_pyarrow_table(columns=_ORIGIN)]
    else:
        parts = [pq.ParquetFile(file).read(columns=_ORIGIN) for file in mixed]
    for part in parts:
        for (name, batch), count in _counted(part, _ORIGIN):
            found[name].count += count
            found[name].batches.add(batch)
    return found


def _counted(rows: pa.Table, columns: list[str]) -> Iterator[tuple[tuple[str, str], int]]:
    """The pairs of values of two columns, and how many rows have each."""
    groups = rows.group_by(columns).aggregate([([], "count_all")])
    for row in groups.to_pylist():
        yield (row[columns[0]], row[columns[1]]), row["count_all"]
