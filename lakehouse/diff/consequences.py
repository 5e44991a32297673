"""What `lakehouse diff` shows beside the tables: edits, failures, and who is reached by them.

Data flow: edits, failed nodes, differing tables + lineage -> parts of the page
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from ingestion.visible import some
from lakehouse.diff.edits import Edit
from lakehouse.diff.reach import ReachedColumn
from lakehouse.page import Page, Table
from orchestration.project.readers import exposures, reached_from
from orchestration.state.results import NodeResult

_EDITS = ("table", "state", "columns")
_FAILED = ("side", "name", "kind", "status", "failures", "message")
_REACHED = ("table", "column", "made_of", "differs")
_EXPOSURES = ("name", "label", "kind", "tables")
# Names in a cell for people.
_NAMES = 4


def add_edits(page: Page, edits: Sequence[Edit]) -> None:
    """Add what the two checkouts compute otherwise."""
    rows = [(edit.table, edit.state, list(edit.columns)) for edit in edits]
    seen = [
        (
            edit.table,
            edit.state,
            ", ".join(edit.columns) or ("rows" if edit.state == "edited" else ""),
        )
        for edit in edits
    ]
    title = "Edited SQL, macros and vars as far as they change it, and seeds"
    page.table(
        Table("edits", title, _EDITS, rows), Table("edits", title, _EDITS, seen, text="columns")
    )


def add_failed(page: Page, failed: Mapping[str, Sequence[NodeResult]]) -> None:
    """Add what failed in the builds, by the name of a side."""
    rows = [
        (side, node.name, node.kind, node.status, node.failures, node.message)
        for side, nodes in failed.items()
        for node in nodes
    ]
    title = "Failed in a build; the difference is of what was built"
    may_go = ("kind", "failures")
    page.table(Table("failed", title, _FAILED, rows, may_go=may_go, text="message"))


def add_reached(page: Page, found: Sequence[ReachedColumn] | None) -> None:
    """Add the columns that are made of those that a change begins with; None if nobody knows."""
    rows = [(one.table, one.column, list(one.made_of), one.differs) for one in found or ()]
    title = "Columns that are made of these"
    tables = dict.fromkeys(one.table for one in found or ())
    seen = [
        _of_table(table, [one for one in found or () if one.table == table]) for table in tables
    ]
    columns = ("table", "differ", "as_before", "made_of")
    page.table(
        Table("reached_columns", title, _REACHED, rows),
        Table("reached_columns", title, columns, seen, text="made_of"),
    )
    if found is None:
        page.fact("reached_columns", None)


def _of_table(table: str, found: Sequence[ReachedColumn]) -> tuple[str, str, str, str]:
    made_of = dict.fromkeys(name for one in found for name in one.made_of)
    return (
        table,
        some([one.column for one in found if one.differs], _NAMES),
        some([one.column for one in found if not one.differs], _NAMES),
        some(list(made_of), _NAMES),
    )


def add_readers(page: Page, tables: Collection[str]) -> None:
    """Add the exposures that read one of these tables, or one that is built from it."""
    layers = {table.partition(".")[2]: table for table in tables}
    reached = reached_from(list(layers))
    rows = []
    for exposure in exposures():
        names = sorted({layers[name] for read in exposure.reads for name in reached.get(read, ())})
        if names:
            rows.append((exposure.name, exposure.label, exposure.kind, names))
    title = "Exposures that read these tables, or what is built from them"
    seen = [(label, kind, ", ".join(names)) for _, label, kind, names in rows]
    page.table(
        Table("exposures", title, _EXPOSURES, rows),
        Table("exposures", title, _EXPOSURES[1:], seen, text="tables"),
    )
