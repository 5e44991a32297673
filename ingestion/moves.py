"""What is remarkable about why a run loaded a file, in words: it is said in that run alone."""

from __future__ import annotations

from collections.abc import Iterable

from ingestion.ledger import LedgerRow, Status
from ingestion.planning import Load, Plan


def moves_in_words(todo: Plan, rows: Iterable[LedgerRow]) -> list[str]:
    """A line for each file that was put back, renamed, packed or lies there in two forms.

    Args:
        todo: The plan of the run.
        rows: What the run decided of its files.
    """
    status = {row.source_file: row.status for row in rows}
    loads = [load for load in todo.loads if status.get(load.file.source_file) == Status.LOADED]
    loaded = {load.file.source_file for load in loads}
    lines = [line for load in loads for line in _in_words(load, loaded, status)]
    lines += [
        f"{name}: its rows alone count, as {row.source_file} is gone"
        for row, name in todo.repacked
        if status.get(name) != Status.QUARANTINED
    ]
    return list(dict.fromkeys(lines))


def _in_words(load: Load, loaded: set[str], status: dict[str, str]) -> list[str]:
    name, lines = load.file.source_file, []
    if load.is_return:
        lines.append(f"{name}: went back to an earlier version of itself, and so do its rows")
    before = [row for row in load.renamed_from if row.source_file not in loaded]
    renamed = [row.source_file for row in before if row.content_hash == load.file.content_hash]
    packed = [row.source_file for row in before if row.content_hash != load.file.content_hash]
    if renamed:
        lines.append(
            f"{name}: renamed from {', '.join(renamed)}; its rows have the new name and day"
        )
    if packed:
        lines.append(f"{name}: takes the place of {', '.join(packed)}, which is gone")
    if load.beside and status.get(load.beside) != Status.QUARANTINED:
        first, last = sorted([name, load.beside])
        lines.append(
            f"{first} and {last} both lie there: of rows with one key those of the second count;"
            " remove the file that is out of date"
        )
    return lines
