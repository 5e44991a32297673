"""Finds what is damaged at a root before a run relies on it, and makes the run load it again.

Data flow: damaged tables -> newest whole state -> bronze and rejects against the ledger
-> the ledger forgets the files that are to be loaded again -> ingestion, build

Silver and gold follow by themselves: a table that is not in the version that a build recorded is
built from scratch. Until that is published, readers see what is whole. Any run makes good what can
be had again, also after a power cut; what can't, a person has to give up.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from dataclasses import astuple, dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa
from deltalake import write_deltalake
from deltalake.exceptions import DeltaError
from pyspark.sql import types as T
from pyspark.sql.pandas.types import to_arrow_schema

from ingestion.catalog import TABLE_PROPERTIES
from ingestion.completeness import MissingFile, find_missing
from ingestion.errors import LakehouseError
from ingestion.files import list_raw_files, place, raw_names
from ingestion.layers import LAYERS
from ingestion.ledger import LOST, LedgerRow, Status, ledger_rows
from ingestion.ops_tables import INGESTED_FILES, MISSING_FILES
from ingestion.planning import plan
from ingestion.settings import Settings
from ingestion.tables import TABLES
from orchestration.project.tables import is_made_here
from orchestration.state.damage import Damage, find_damage
from orchestration.state.loaded_rows import Difference, differences
from orchestration.state.past_runs import read_ops
from orchestration.state.publications import note_repaired
from orchestration.state.rollback import TableRepair, forget_versions, repair_table
from orchestration.state.versions import first_line, is_table, open_table

REJECTS, ERASED = "ops.rejected_records", "ops.erased_users"
_SHOWN = 5

logger = logging.getLogger(__name__)


@dataclass
class Repair:
    """What was damaged and what was done.

    Attributes:
        tables: Tables that were damaged.
        again: Differences that loading files again makes good.
        lost: What can't be had again, in words.
    """

    tables: list[TableRepair] = field(default_factory=list)
    again: list[Difference] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)

    @property
    def lines(self) -> list[str]:
        """All of it in words, at most a few lines of a kind."""
        return [
            *first_lines(list(map(str, self.tables))),
            *first_lines([f"{difference}: loaded again" for difference in self.again]),
            *first_lines([f"lost: {words}" for words in self.lost]),
        ]


def repair(settings: Settings, run_id: str, *, gives_up: bool) -> Repair:
    """Bring a local root to a state from which an ingestion and a build make everything good.

    Args:
        settings: Where the root and the raw folder are; the caller holds the root.
        run_id: The run that repairs.
        gives_up: Go on without what can't be had again.

    Raises:
        LakehouseError: Something can't be had again, and is not to be given up.
    """
    done, now = repair_tables(settings, run_id, gives_up=gives_up), datetime.now(UTC)
    ledger = ledger_rows(read_ops(settings, "ingested_files"))
    found = differences(settings, ledger)
    gone = _sort_out(settings, ledger, found, done) if found else []
    if done.lost and not gives_up:
        raise LakehouseError(
            "What a damaged table held can't be loaded again: "
            f"{'; '.join(first_lines(done.lost))}.",
            "Put the file back into the raw folder and run again, or go on without these rows by"
            " `lakehouse repair`.",
        )
    if gone or done.again:
        again = {one.row.version for one in done.again if one.row}
        ledger = [row for row in ledger if row.version not in again]
        ledger = _as_found(settings, ledger, gone, now)
        _overwrite(settings, "ingested_files", INGESTED_FILES, [astuple(row) for row in ledger])
    missing = find_missing(ledger)
    listed = [MissingFile(**row) for row in read_ops(settings, "missing_files")]
    if set(missing) != set(listed):  # a run writes the list only with something new
        _overwrite(settings, "missing_files", MISSING_FILES, [astuple(file) for file in missing])
    return done


def repair_tables(settings: Settings, run_id: str, *, gives_up: bool) -> Repair:
    """Bring each damaged table to a whole state; what is not of this project is left alone.

    Args:
        settings: Where the root is.
        run_id: The run that repairs.
        gives_up: Go on without entries of the list of erased people; and read every data file, as
            some are spoilt within. A run does not: that would take as long as all it has to do.

    Raises:
        LakehouseError: The list of erased people is damaged, and is not to be given up.
    """
    done, now = Repair(), datetime.now(UTC)
    try:
        # The history first: what is done to the others is looked up in it.
        for layers in (("ops",), tuple(layer for layer in LAYERS if layer != "ops")):
            for damage in _damages_of_ours(settings, layers, gives_up):
                done.tables.append(repair_table(settings, damage, now, reads=gives_up))
            forget_versions(settings, done.tables)
        if done.tables:
            note_repaired(settings, run_id, {one.damage.table for one in done.tables})
    except (DeltaError, OSError) as error:
        raise LakehouseError(
            f"The damaged tables of {settings.root} can't be repaired: {first_line(error)}",
            "Free space or give rights there and repeat the command.",
        ) from error
    done.lost += [str(one) for one in done.tables if one.damage.table == ERASED]
    return done


def _damages_of_ours(settings: Settings, layers: Sequence[str], gives_up: bool) -> list[Damage]:
    damages = []
    for damage in find_damage(settings, layers, reads=gives_up):
        if damage.table == ERASED and not gives_up:
            raise LakehouseError(
                f"The list of erased people is damaged: {damage}.",
                "Put its folder back from a copy. Without it, people who were erased would be"
                " loaded again; `lakehouse repair` goes on with what is left of it.",
            )
        if _is_ours(damage.table):
            damages.append(damage)
        else:
            logger.warning("left alone, as it is no table of this project: %s", damage)
    return damages


def _is_ours(table: str) -> bool:
    layer, name = table.split(".")
    return layer == "ops" or name in TABLES or is_made_here(table)


def _sort_out(
    settings: Settings, ledger: Sequence[LedgerRow], found: Iterable[Difference], done: Repair
) -> list[Difference]:
    """Which files an ingestion loads again, and which are left as they are found.

    What has come, changed or moved since is loaded anyway, as after a run that was killed.
    """
    is_there = raw_names(settings.raw) is not None
    files = list_raw_files(settings.raw, max_bytes=settings.max_file_bytes) if is_there else []
    todo = plan(files, ledger)
    moving = {load.file.source_file for load in todo.loads}
    moving |= {row.source_file for load in todo.loads for row in load.replaces}
    moving |= {file.source_file for file, _ in todo.duplicates}
    moving |= {row.source_file for row, _ in todo.repacked}
    versions = {file.version for file in files}
    gone = []
    for one in found:
        if one.source_file in moving:
            continue
        if one.row and one.row.version in versions:
            done.again.append(one)
        elif one.is_count:
            gone.append(one)
    done.lost += [f"{one}, and the raw folder has it no more" for one in gone if one.row]
    return gone


def _as_found(
    settings: Settings, ledger: Iterable[LedgerRow], gone: Iterable[Difference], now: datetime
) -> list[LedgerRow]:
    """The ledger with what the tables really hold of these files."""
    rows = {row.version: row for row in ledger}
    for one in gone:
        row = rows.get(one.row.version) if one.row else _new_row(settings, one, now)
        assert row is not None
        is_rejects = one.table == REJECTS
        loaded = row.records_loaded if is_rejects else one.found
        rejected = one.found if is_rejects else row.records_rejected
        lost = row.records_loaded + row.records_rejected - loaded - rejected
        is_empty = row.status == Status.LOADED and loaded == 0
        rows[row.version] = replace(
            row,
            records_read=loaded + rejected + row.records_erased,
            records_loaded=loaded,
            records_rejected=rejected,
            status=Status.SUPERSEDED.value if is_empty else row.status,
            reason=f"{LOST}: {lost:,} records, with a damaged table" if one.row else row.reason,
            recorded_at=now,
        )
    return list(rows.values())


def _new_row(settings: Settings, one: Difference, now: datetime) -> LedgerRow:
    """A file that only bronze knows: its content is not known, so that any that comes is new."""
    table, file_date, _ = place(one.source_file)
    name = one.table.partition(".")[2]
    columns = ["batch_id", "date"] if table and table.partition_by else ["batch_id"]
    of_file = [("source_file", "=", one.source_file)]
    rows = open_table(one.table, settings.location("bronze", name)).to_pyarrow_table(
        columns=columns, filters=of_file
    )
    found = rows.to_pydict()
    return LedgerRow(
        source_file=one.source_file,
        table_name=name,
        file_date=file_date,
        content_hash="unknown",
        bytes=0,
        modified_at=now,
        records_read=one.found,
        records_loaded=one.found,
        records_rejected=0,
        status=Status.LOADED.value,
        reason="rebuilt: from bronze, as the ledger was lost and the raw file is gone",
        batch_id=max(found["batch_id"]),
        dates=sorted({day for day in found.get("date", ()) if day}),
        recorded_at=now,
    )


def _overwrite(
    settings: Settings, name: str, schema: T.StructType, rows: Sequence[tuple[Any, ...]]
) -> None:
    records = [dict(zip(schema.names, row, strict=True)) for row in rows]
    table = pa.Table.from_pylist(records, to_arrow_schema(schema))
    properties = None if is_table(settings, "ops", name) else TABLE_PROPERTIES
    location = settings.location("ops", name)
    write_deltalake(location, table, mode="overwrite", configuration=properties)


def first_lines(lines: Sequence[str]) -> list[str]:
    """The first few lines, and how many more there are."""
    more = [f"and {len(lines) - _SHOWN:,} more"] if len(lines) > _SHOWN else []
    return [*lines[:_SHOWN], *more]
