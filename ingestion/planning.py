"""What a run has to do about the files that lie in the raw folder, by what the ledger knows.

Data flow: raw files + ledger rows -> plan (load, quarantine, record as duplicate, leave alone)

What lies there now counts, whatever lay there before: the plan brings bronze to what a new root
would hold, except that rows of a file that is gone stay. It is a pure function of both lists, so
that a run that was cut off anywhere is simply planned again.

`X.csv` and `X.csv.gz` are one file, packed or not: when one of them is gone, the rows that it left
give way to those of the other.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Sequence
from dataclasses import dataclass, field

from ingestion.files import RawFile
from ingestion.ledger import RENAMED, REPLACED, Batch, LedgerRow, Status
from ingestion.tables import TABLES

# What a file holds now: at most one of its rows has one of these.
_COUNTS = (Status.LOADED, Status.DUPLICATE)


@dataclass(frozen=True)
class Load:
    """A file to load.

    Attributes:
        file: The file.
        replaces: The ledger rows whose bronze rows its rows replace: of what it held before, and of
            the other files that hold its content or held its packed or unpacked form.
        renamed_from: Those among `replaces` that no longer lie in the raw folder.
        known: The ledger row of this very version, None if it is new.
        beside: The name of its packed or unpacked form, if that lies there too with rows of its
            own; None if not.
    """

    file: RawFile
    replaces: tuple[LedgerRow, ...] = ()
    renamed_from: tuple[LedgerRow, ...] = ()
    known: LedgerRow | None = None
    beside: str | None = None

    @property
    def is_return(self) -> bool:
        """It holds again what it held before a correction."""
        return self.known is not None and self.known.code == REPLACED

    @property
    def was_loaded(self) -> bool:
        """Bronze has rows of this very version."""
        return self.known is not None and self.known.status == Status.LOADED


@dataclass(frozen=True)
class Plan:
    """What one run has to do.

    Attributes:
        loads: Files to read whose content is not in bronze under their name.
        misplaced: Files whose place or name is wrong, or which are too large to be read.
        duplicates: File and the source file that holds the same content.
        gone: Known duplicates that no longer lie in the raw folder.
        repacked: Loaded rows of files that are gone, and the name of their packed or unpacked form
            that lies there and is none of the loads.
        quarantined: Known quarantined files that still lie there unchanged.
        unchanged: Known files with nothing to do.
    """

    loads: list[Load] = field(default_factory=list)
    misplaced: list[RawFile] = field(default_factory=list)
    duplicates: list[tuple[RawFile, str]] = field(default_factory=list)
    gone: list[LedgerRow] = field(default_factory=list)
    repacked: list[tuple[LedgerRow, str]] = field(default_factory=list)
    quarantined: list[LedgerRow] = field(default_factory=list)
    unchanged: list[RawFile] = field(default_factory=list)


def plan(
    files: Sequence[RawFile],
    ledger: Sequence[LedgerRow],
    is_looked_at: Callable[[str], bool] = lambda source_file: True,
    read_again: Container[str] = (),
) -> Plan:
    """Compare the raw folder with the ledger.

    Content that lies there under several names is loaded once, under the lowest, whichever came
    first: the result must not depend on the order of arrival.

    Args:
        files: Those that are looked at.
        ledger: All of it.
        is_looked_at: Whether a source file would be among the files if it lay there. The others
            count as if they lay there as they were loaded.
        read_again: Loaded files that today's declarations read otherwise.
    """
    known = {row.version: row for row in ledger}
    contents = _Contents(files, ledger, is_looked_at)
    result = Plan(gone=[row for row in ledger if contents.is_gone_copy(row)])
    for file in sorted(files, key=lambda file: file.source_file):
        row = known.get(file.version)
        status = row.status if row else None
        if row and status == Status.QUARANTINED:
            result.quarantined.append(row)
        elif status == Status.LOADED and file.source_file not in read_again:
            result.unchanged.append(file)
        elif file.fault:
            result.misplaced.append(file)
        elif (holder := contents.holder_of(file)) == file.source_file:
            result.loads.append(contents.load(file, row))
        elif status == Status.DUPLICATE:
            result.unchanged.append(file)
        else:
            result.duplicates.append((file, holder))
    for file in [*result.unchanged, *(copy for copy, _ in result.duplicates)]:
        result.repacked.extend((row, file.source_file) for row in contents.left_by_twin(file))
    return result


class _Contents:
    """Which content lies in the raw folder under which names, and is loaded under which."""

    def __init__(
        self,
        files: Sequence[RawFile],
        ledger: Sequence[LedgerRow],
        is_looked_at: Callable[[str], bool],
    ) -> None:
        self._is_looked_at = is_looked_at
        self._there = {file.version for file in files}
        self._loaded = [row for row in ledger if row.status == Status.LOADED]
        unusable = {row.version for row in ledger if row.status == Status.QUARANTINED}
        usable = [file for file in files if not file.fault and file.version not in unusable]
        others = [row for row in self._loaded if not is_looked_at(row.source_file)]
        self._usable = {file.source_file: file for file in usable}
        names = {file.source_file for file in files}
        self._left = {
            row.source_file: row
            for row in self._loaded
            if row.source_file not in names and is_looked_at(row.source_file)
        }
        self._without_records = {
            (row.table_name, row.content_hash) for row in self._loaded if not row.records_read
        }
        self._lowest: dict[tuple[str | None, str], str] = {}
        there = [(one.source_file, one.table_name, one.content_hash) for one in usable]
        there += [(one.source_file, one.table_name, one.content_hash) for one in others]
        for name, table, content in sorted(there, key=lambda one: one[0], reverse=True):
            self._lowest[table, content] = name

    def holder_of(self, file: RawFile) -> str:
        """The file under whose name this content belongs in bronze.

        A whole list is its own: one that returns to an earlier state is news. So is a file without
        records, of which all look alike: nothing was sold on each of these days.
        """
        if _is_whole_list(file) or (file.table_name, file.content_hash) in self._without_records:
            return file.source_file
        return self._lowest[file.table_name, file.content_hash]

    def load(self, file: RawFile, known: LedgerRow | None) -> Load:
        """The load of a file that holds its content."""
        own = [loaded for loaded in self._loaded if loaded.source_file == file.source_file]
        others = [
            loaded
            for loaded in self._loaded
            if (loaded.table_name, loaded.content_hash) == (file.table_name, file.content_hash)
            and loaded.source_file != file.source_file
            and loaded.records_read
        ]
        renamed = [loaded for loaded in others if self._is_gone(loaded)]
        if _is_whole_list(file):
            others = renamed
        packed = [row for row in self.left_by_twin(file) if row not in others]
        beside = self._usable.get(_twin(file.source_file))
        return Load(
            file,
            (*own, *others, *packed),
            (*renamed, *packed),
            known,
            beside.source_file if beside and self.holder_of(beside) == beside.source_file else None,
        )

    def left_by_twin(self, file: RawFile) -> list[LedgerRow]:
        """What the packed or unpacked form of a file left in bronze, if that name is gone."""
        row = self._left.get(_twin(file.source_file))
        return [row] if row else []

    def is_gone_copy(self, row: LedgerRow) -> bool:
        """It is a copy that was never loaded, and lies there no more."""
        return row.status == Status.DUPLICATE and self._is_gone(row)

    def _is_gone(self, row: LedgerRow) -> bool:
        return row.version not in self._there and self._is_looked_at(row.source_file)


def _twin(source_file: str) -> str:
    """The name of a file's packed form, or of its unpacked form if it is packed."""
    unpacked = source_file.removesuffix(".gz")
    return unpacked if unpacked != source_file else f"{source_file}.gz"


def _is_whole_list(file: RawFile) -> bool:
    return TABLES[str(file.table_name)].whole_list


def replaced_rows(
    ledger: Iterable[LedgerRow],
    loads: Iterable[Load],
    rows: Iterable[LedgerRow],
    batch: Batch,
    gone: Iterable[LedgerRow] = (),
    repacked: Iterable[tuple[LedgerRow, str]] = (),
) -> list[LedgerRow]:
    """The ledger rows that change because of what files hold now.

    A file that is now a copy of another is no exception: what it held before is gone from it.

    Args:
        ledger: The rows before this run.
        loads: The files that are loaded.
        rows: What this run decided; a file that it quarantined counts as it was before.
        batch: Identity and start of this run.
        gone: Rows of copies that no longer lie in the raw folder.
        repacked: Rows that give way to a packed or unpacked form of their file, and its name.
    """
    rows = list(rows)
    refused = {row.source_file for row in rows if row.status not in _COUNTS}
    changed = [row.become(Status.SUPERSEDED, "gone: from the raw folder", batch) for row in gone]
    changed += [
        row.become(Status.SUPERSEDED, f"{RENAMED}: to {name}", batch)
        for row, name in repacked
        if name not in refused
    ]
    for load in loads:
        name = load.file.source_file
        for row in load.replaces:
            if row in load.renamed_from:
                changed.append(row.become(Status.SUPERSEDED, f"{RENAMED}: to {name}", batch))
            elif row.source_file != name:
                changed.append(row.become(Status.DUPLICATE, f"same_content: as {name}", batch))
    newer = {row.source_file: row.content_hash for row in rows if row.status in _COUNTS}
    changed += [
        row.become(Status.SUPERSEDED, f"{REPLACED}: by content {content[:12]}", batch)
        for row in ledger
        if row.status in _COUNTS
        and (content := newer.get(row.source_file, row.content_hash)) != row.content_hash
    ]
    return changed
