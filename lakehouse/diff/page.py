"""What `lakehouse diff` shows: tables, columns and rows that differ, and who reads them.

Data flow: `Comparison` -> page for people, programs and pull requests
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from ingestion.errors import LakehouseError
from ingestion.settings import Settings
from ingestion.visible import cut
from lakehouse.diff.changes import RowChange
from lakehouse.diff.consequences import add_edits, add_failed, add_reached, add_readers
from lakehouse.diff.edits import Edit, edited_columns, edits
from lakehouse.diff.reach import moved_columns, reached_columns
from lakehouse.diff.sides import Side, past_side, published, workspace_side
from lakehouse.diff.tables import TableDiff, compare
from lakehouse.lineage.graph import Lineage
from lakehouse.page import Page, Table
from lakehouse.plain_values import plain
from orchestration.state.results import NodeResult

if TYPE_CHECKING:
    from lakehouse.diff.checkouts import BuiltCheckout

_TABLES = (
    *("table", "state", "rows_before", "rows_now", "added", "removed", "changed"),
    *("partitions", "differing_partitions"),
)
_SCHEMA = ("table", "column", "old_type", "new_type")
_COLUMNS = ("table", "column", "changed_rows", "old_sum", "new_sum", "difference")
_ROWS = ("table", "what", "row", "changes", "times")
# Rows on a terminal, shared among the tables.
_SEEN = 30

# Gives the lineage of the project, which may take some seconds.
Trace = Callable[[], Lineage]


def diff_page(
    settings: Settings,
    workspace: str | None,
    from_run: str | None,
    to_run: str | None,
    trace: Trace,
) -> Page:
    """What is published against a workspace, or what was against what was or is.

    Args:
        settings: The root.
        workspace: Its name.
        from_run: The beginning of the id of a run, or a time, in the place of a workspace.
        to_run: Likewise; None for what is published.
        trace: Asked where a table differs.

    Raises:
        LakehouseError: There is no such workspace or run, or a table can't be read as it was.
    """
    now, moved = published(settings), False
    if workspace is not None:
        if from_run or to_run:
            raise LakehouseError(
                "A workspace is compared with what is published, not with a run.",
                "Leave out --workspace, or --from and --to.",
            )
        old, (new, moved) = now, workspace_side(settings, workspace)
    elif from_run is not None:
        old, new = past_side(settings, from_run), past_side(settings, to_run) if to_run else now
    else:
        raise LakehouseError(
            "There is nothing to compare with what is published.",
            "Name a workspace with --workspace, or a run with --from; `lakehouse runs` lists them.",
        )
    return _page(old, new, trace, moved=moved)


def checkouts_page(old: BuiltCheckout, new: BuiltCheckout) -> Page:
    """What another checkout makes of some raw files against what this one does.

    Raises:
        LakehouseError: A table can't be read.
    """
    edited = edits(old.definition, new.definition)
    failed = {"from": old.failed, "to": new.failed}
    return _page(old.side, new.side, lambda: new.definition.lineage, edited=edited, failed=failed)


def _page(
    old: Side,
    new: Side,
    trace: Trace,
    *,
    moved: bool = False,
    edited: Sequence[Edit] | None = None,
    failed: Mapping[str, Sequence[NodeResult]] = MappingProxyType({}),
) -> Page:
    page, found = Page(), compare(old, new)
    page.fact("from", old.name)
    page.fact("to", new.name)
    page.fact("published_has_moved", moved)
    page.note(f"from   {old.name}")
    page.note(f"to     {new.name}")
    if moved:
        page.note(
            "What is published has moved since this workspace was opened: that is part of the"
            " difference. Build the workspace anew to see yours alone."
        )
    different = found.different
    if different:
        verb = "table differs" if len(different) == 1 else "tables differ"
        page.note(f"\n{len(different):,} {verb}, {len(found.equal):,} have the same rows")
    else:
        page.note(f"\nno difference: all {len(found.equal):,} tables have the same rows")
    page.fact("equal", list(found.equal))
    page.fact("tables_read", found.read)
    add_failed(page, failed)
    add_edits(page, edited or ())
    _add_tables(page, different)
    _add_rows(page, different)
    _add_reached(page, different, edited, trace)
    tables = {one.table for one in different} | {edit.table for edit in edited or ()}
    add_readers(page, tables)
    return page


def _add_reached(
    page: Page, different: Sequence[TableDiff], edited: Sequence[Edit] | None, trace: Trace
) -> None:
    """Add the columns downstream of edits; of what differs, where no edit is known."""
    if not different and not edited:
        add_reached(page, ())
        return
    try:
        lineage = trace()
    except LakehouseError as error:
        page.note(f"\nWhich columns are made of these is not known: {error.problem}")
        add_reached(page, None)
        return
    moved = moved_columns(different, lineage)
    begins_with = moved if edited is None else edited_columns(edited, lineage)
    add_reached(page, reached_columns(lineage, begins_with, moved))


def _add_tables(page: Page, different: Sequence[TableDiff]) -> None:
    tables = [
        (
            *(one.table, one.state, one.rows_before, one.rows_now),
            *_counts(one),
            *(one.partitions, one.differing),
        )
        for one in different
    ]
    may_go = ("partitions", "differing_partitions", "rows_before", "state")
    page.table(Table("tables", "Tables", _TABLES, tables, may_go=may_go))
    schema = [
        (one.table, change.column, change.old_type, change.new_type)
        for one in different
        for change in one.schema
    ]
    title = "Columns that are new, gone or of another type"
    page.table(Table("schema_changes", title, _SCHEMA, schema))
    columns = [
        (
            *(one.table, column.name, column.rows),
            *(column.old_sum, column.new_sum, column.difference),
        )
        for one in different
        for column in one.rows.columns
    ]
    title = "Columns with other values; sums are of the partitions that differ"
    formats = {"old_sum": _number, "new_sum": _number, "difference": _movement}
    # Amounts are what people look for.
    amounts_first = sorted(columns, key=lambda row: not isinstance(row[-1], Decimal))
    seen, more = _first_of_each(amounts_first, different)
    page.table(
        Table("columns", title, _COLUMNS, columns, formats=formats),
        Table("columns", f"{title}{more}", _COLUMNS, seen, formats=formats),
    )


def _counts(one: TableDiff) -> tuple[int | None, int | None, int | None]:
    """Rows added, removed and changed; without a key nobody can say which was changed."""
    if one.state != "changed":
        return (one.rows_now or 0, one.rows_before or 0, 0)
    rows = one.rows
    return rows.added, rows.removed, rows.changed if rows.key or rows.are_none else None


def _add_rows(page: Page, different: Sequence[TableDiff]) -> None:
    rows = [(one, row) for one in different for row in one.rows.first]
    as_json = [
        (one.table, row.what, row.key, [_change(*change) for change in row.changes], row.times)
        for one, row in rows
    ]
    seen = [(one.table, row.what, _named(row.key), _in_words(row)) for one, row in rows]
    title = "The first rows that differ"
    few, more = _first_of_each(seen, different)
    page.table(
        Table("rows", title, _ROWS, as_json),
        Table("rows", f"{title}{more}", _ROWS[:4], few, text="changes"),
    )


def _first_of_each(
    rows: Sequence[tuple[Any, ...]], different: Sequence[TableDiff]
) -> tuple[list[tuple[Any, ...]], str]:
    """So many rows of each table that people see some of every table, and what to say of others."""
    most = max(_SEEN // max(len(different), 1), 1)
    of_each = [[row for row in rows if row[0] == one.table] for one in different]
    seen = [row for found in of_each for row in found[:most]]
    more = len(rows) - len(seen)
    return seen, f" (and {more:,} more by --format json)" if more else ""


def _change(column: str, old: Any, new: Any) -> dict[str, Any]:
    return {"column": column, "old": old, "new": new}


def _named(values: Mapping[str, Any]) -> str:
    return ", ".join(f"{name} {_value(value)}" for name, value in values.items())


def _in_words(row: RowChange) -> str:
    times = [f"{row.times:,} times"] if row.times > 1 else []
    changes = [f"{name} {_value(old)} -> {_value(new)}" for name, old, new in row.changes]
    return ", ".join([*times, *changes])


def _value(value: Any) -> str:
    return "NULL" if value is None else cut(plain(value))


def _number(value: Any) -> str:
    return "" if value is None else f"{value:,}"


def _movement(value: Any) -> str:
    return "" if value is None else f"{value:+,}"
