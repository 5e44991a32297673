"""Which raw files a run would load, and what it would do with the others.

Data flow: raw folder + ledger -> ingestion's own plan -> a line for each file that is not as known
"""

from __future__ import annotations

from collections.abc import Container, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date

import pyarrow as pa
from deltalake import QueryBuilder

from ingestion.dismissing import gone_from_quarantine, without_dismissed
from ingestion.errors import LakehouseError
from ingestion.etags import known_hashes
from ingestion.files import RawFile, list_raw_files
from ingestion.ledger import Batch, LedgerRow, Status, ledger_rows
from ingestion.planning import Load, Plan, plan
from ingestion.selection import ALL_FILES
from ingestion.settings import Settings
from ingestion.tables import TABLES
from orchestration.state.past_runs import read_ops
from orchestration.state.versions import is_table, open_table

LOAD, COPY, QUARANTINE, SETTLE = "load", "record as copy", "quarantine", "settle"


@dataclass(frozen=True)
class PlannedFile:
    """A file that a run would do something about.

    Attributes:
        source_file: Path below the raw folder.
        action: `load`, `record as copy`, `quarantine`, or `settle` for one that is gone.
        why: In words.
        table_name: Table of its folder, None in an undeclared one.
        bytes: Size as stored; None for a file that is gone.
        dates: Days of its rows, as far as they are known before it is read: that in its name, and
            those of the rows that it replaces.
    """

    source_file: str
    action: str
    why: str
    table_name: str | None
    bytes: int | None
    dates: tuple[date, ...] = ()


@dataclass(frozen=True)
class PlannedFiles:
    """All files.

    Attributes:
        todo: Those that a run would do something about.
        waiting: In quarantine, unchanged.
        known: How many others lie in the raw folder, as the ledger knows them.
        gone: How many loaded files lie there no more; their rows stay.
    """

    todo: list[PlannedFile] = field(default_factory=list)
    waiting: list[LedgerRow] = field(default_factory=list)
    known: int = 0
    gone: int = 0


def planned_files(settings: Settings, batch: Batch) -> PlannedFiles:
    """Compare the raw folder with the ledger, as an ingestion would.

    Args:
        settings: The root and the raw folder.
        batch: Of the run that is planned; nothing records it.

    Raises:
        LakehouseError: The raw folder or the ledger can't be read, or nothing was ever there.
    """
    ledger = ledger_rows(read_ops(settings, "ingested_files"))
    listed = list_raw_files(
        settings.raw, known_hashes=known_hashes(ledger), max_bytes=settings.max_file_bytes
    )
    if not listed and not ledger:
        raise LakehouseError(
            f"The raw folder {settings.raw} holds no file of {', '.join(TABLES)}.",
            "Put files there as <table>/YYYY-MM-DD.csv, or make some with `lakehouse generate`.",
        )
    files = without_dismissed(listed, ledger)
    todo = plan(files, ledger, read_again=_files_to_read_again(settings))
    refused = {
        row.source_file: row for row in gone_from_quarantine(listed, ledger, ALL_FILES, batch)
    }
    names = {file.source_file for file in listed}
    left = [_gone(row, "in quarantine") for name, row in refused.items() if name not in names]
    moved = {row.source_file for load in todo.loads for row in load.replaces}
    moved |= {row.source_file for row, _ in todo.repacked}
    gone = [
        row
        for row in ledger
        if row.status == Status.LOADED and row.source_file not in names | moved
    ]
    return PlannedFiles(
        sorted([*_planned(todo, refused), *left], key=lambda one: one.source_file),
        todo.quarantined,
        len(todo.unchanged) + len(listed) - len(files),
        len(gone),
    )


def _planned(todo: Plan, refused: Container[str]) -> Iterator[PlannedFile]:
    """What ingestion's plan has to do; `refused` are names whose content in quarantine is gone."""
    for load in todo.loads:
        days = {day for row in load.replaces for day in row.dates}
        days |= {load.file.file_date} if load.file.file_date else set()
        yield _planned_file(load.file, LOAD, _why(load, refused), sorted(days))
    for file in todo.misplaced:
        yield _planned_file(file, QUARANTINE, str(file.fault))
    for file, holder in todo.duplicates:
        yield _planned_file(file, COPY, f"has the same content as {holder}")
    for row in todo.gone:
        yield _gone(row, "a copy")
    for row, name in todo.repacked:
        yield PlannedFile(
            *(row.source_file, SETTLE, f"is gone, and its rows give way to those of {name}"),
            *(row.table_name, None, tuple(row.dates)),
        )


def _planned_file(file: RawFile, action: str, why: str, dates: Sequence[date] = ()) -> PlannedFile:
    return PlannedFile(file.source_file, action, why, file.table_name, file.bytes, tuple(dates))


def _gone(row: LedgerRow, was: str) -> PlannedFile:
    return PlannedFile(row.source_file, SETTLE, f"is gone; it was {was}", row.table_name, None)


def _why(load: Load, refused: Container[str]) -> str:
    """Why a file is loaded, by what the ledger knows of it."""
    name = load.file.source_file
    if load.is_return:
        return "holds again what it held before a correction"
    if load.was_loaded:
        return "has values of a column that was declared since"
    if any(row.source_file == name for row in load.replaces):
        return "has other content than was loaded"
    if load.renamed_from:
        return f"is {load.renamed_from[0].source_file} under another name"
    if load.replaces:
        return f"has the content of {load.replaces[0].source_file}, which becomes the copy"
    if load.known:
        return f"is back: {load.known.reason}" if load.known.reason else "is back"
    return "has other content than in quarantine" if name in refused else "is new"


def _files_to_read_again(settings: Settings) -> set[str]:
    """Loaded files with a value of a column that was declared since, kept beside their rows."""
    found: set[str] = set()
    for table in TABLES.values():
        optional = [column.name for column in table.columns if column.optional]
        if not optional or not is_table(settings, "bronze", table.name):
            continue
        bronze = open_table(f"bronze.{table.name}", settings.location("bronze", table.name))
        rescued = " or ".join(f"strpos(_rescued, '\"{name}\": ') > 0" for name in optional)
        names = QueryBuilder().register("bronze", bronze)
        rows = names.execute(f"select distinct source_file from bronze where {rescued}")
        found |= set(pa.RecordBatchReader.from_stream(rows).read_all()[0].to_pylist())
    return found
