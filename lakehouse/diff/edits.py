"""What one checkout computes otherwise than another, by the SQL that dbt makes of both.

Data flow: project of each -> dbt compile -> SQL of every table + lineage -> edited columns

An edited macro or var is an edit of every model that it changes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from ingestion.settings import Settings
from lakehouse.diff.reach import columns_of
from lakehouse.lineage.graph import Column, Lineage
from lakehouse.lineage.known import RUN_ID, compiled_lineage
from orchestration import project
from orchestration.pipeline import dbt


@dataclass(frozen=True)
class Definition:
    """How the tables of a checkout are computed.

    Attributes:
        sql: `<layer>.<table>` to its compiled SQL, or the text of its seed.
        lineage: Of its columns.
    """

    sql: Mapping[str, str]
    lineage: Lineage


@dataclass(frozen=True)
class Edit:
    """A table that is computed otherwise.

    Attributes:
        table: `<layer>.<table>`.
        state: `edited`, `new` or `gone`.
        columns: Those that are computed otherwise; none of them where the edit is of the rows: a
            filter, a join, a seed.
    """

    table: str
    state: str
    columns: tuple[str, ...] = ()


def defined_by(settings: Settings, on_event: Callable[[dbt.NodeEvent], None]) -> Definition:
    """How the project that is meant now computes its tables.

    Raises:
        LakehouseError: A model can't be compiled or traced.
    """
    manifest = dbt.compiled_project(settings, RUN_ID, on_event)
    sql = {}
    for node in manifest.nodes.values():
        name = f"{node.config.schema}.{node.name}"
        if str(node.resource_type) == "seed":
            path = project.PROJECT_FOLDER / node.original_file_path
            sql[name] = path.read_text(encoding="utf-8")
        elif str(node.resource_type) == "model":
            # An edit of a model that dbt writes into others is none of those.
            own = getattr(node, "_pre_injected_sql", None) or getattr(node, "compiled_code", None)
            sql[name] = str(own).strip()
    return Definition(sql, compiled_lineage(manifest))


def edits(old: Definition, new: Definition) -> list[Edit]:
    """What is computed otherwise, in the order of the new lineage; what is gone comes last."""
    return [*_edited(old, new), *(Edit(name, "gone") for name in old.sql if name not in new.sql)]


def _edited(old: Definition, new: Definition) -> Iterator[Edit]:
    for table in filter(new.sql.__contains__, new.lineage.tables):
        if table not in old.sql:
            yield Edit(table, "new")
        elif new.sql[table] != old.sql[table]:
            before, now = old.lineage.tables[table].columns, new.lineage.tables[table].columns
            names = dict.fromkeys([*now, *before])
            other = [name for name in names if _how(before.get(name)) != _how(now.get(name))]
            yield Edit(table, "edited", tuple(other))


def _how(column: Column | None) -> tuple[tuple[str, ...], tuple[str, ...]] | None:
    return None if column is None else (column.steps, column.inputs)


def edited_columns(found: Sequence[Edit], lineage: Lineage) -> set[str]:
    """Full names of the edited columns; all of a table whose rows are."""
    return {
        f"{edit.table}.{name}"
        for edit in found
        for name in edit.columns or columns_of(lineage, edit.table)
    }
