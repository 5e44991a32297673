"""The files of a raw table: its bronze source, four models of silver, and what its columns mean.

Data flow: an entry of ingestion/tables.py -> bronze source + checked rows + newest valid version of
each key, rejected rows and superseded versions, with a test of each rule that the entry implies
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from ingestion.errors import LakehouseError
from ingestion.tables import TABLES, Column, Table, Type
from lakehouse.new.files import NewFiles, place_of, render, write_new
from orchestration import project

_DOC = re.compile(r"{% docs (\w+) %}")
_VALUES = {
    Type.BIGINT: "7",
    Type.STRING: "'text'",
    Type.MONEY: "cast(10 as decimal(18, 2))",
    Type.TIMESTAMP: "timestamp '2025-04-06 12:00:00'",
    Type.DATE: "date '2025-04-06'",
}
_MODELS = ("_checked", "", "_rejected", "_superseded")


@dataclass(frozen=True)
class _Parent:
    """A table that rows refer to, as the templates name it."""

    column: str
    table: str
    key: str
    is_required: bool

    @property
    def code(self) -> str:
        """The reason of a row that waits for it."""
        return f"unknown_{self.noun.replace(' ', '_')}"

    @property
    def noun(self) -> str:
        """What a row of it is called."""
        return self.column.removesuffix("_id").replace("_", " ")


def new_raw_table(name: str) -> NewFiles:
    """Write the files of a declared raw table.

    Raises:
        LakehouseError: The table is not declared, or has files already.
    """
    if name not in TABLES:
        raise LakehouseError(
            f"{name!r} is not declared; declared are {', '.join(TABLES)}.",
            "Declare its columns and its key in ingestion/tables.py first (docs/recipes.md).",
        )
    table = TABLES[name]
    values = _values(table)
    texts = {f"models/bronze/{name}.yml": render("bronze.yml", values)}
    for model in _MODELS:
        for end in (".sql", ".yml"):
            text = render(f"silver{model}{end}", values)
            texts[f"models/silver/{name}{model}{end}"] = text
    if values["new_docs"]:
        texts[f"models/docs/{name}.md"] = render("docs.md", values)
    line = f"add  '{name}': '{table.is_waiting}',"
    return NewFiles(
        write_new(texts),
        [
            f"{place_of('macros/raw_tables.sql', '}) }}')}: {line}",
            f"{place_of(f'models/silver/{name}_checked.sql', 'reasons(')}: add further rules;"
            f" each code also goes into {name}_rejected.yml",
            f"{place_of('docs/architecture.md', '| order_items |')}: list its reasons",
        ],
    )


def _values(table: Table) -> dict[str, Any]:
    docs = _existing_docs()
    names = [column.name for column in table.columns]
    new_docs = [name for name in names if name not in docs]
    parents = _parents(table)
    ids = [column.name for column in table.columns if _is_id(table, column)]
    return {
        "name": table.name,
        "table": table,
        "names": names,
        "groups": _groups(table, ids),
        "required": [column.name for column in table.columns if column.required],
        "parents": parents,
        "ids": ids,
        "rules": _rules(table, parents, ids),
        "codes": [parent.code for parent in parents],
        "doc": {name: f"{table.name}_{name}" if name in new_docs else name for name in names},
        "new_docs": new_docs,
        "value": {column.name: _VALUES[column.type] for column in table.columns},
        # One word of SQL that DuckDB, Spark and Sail take as a name in quotes alone.
        "quoted": {name: "`date`" if name == "date" else name for name in names},
    }


def _existing_docs() -> set[str]:
    pages = (project.PROJECT_FOLDER / "models" / "docs").glob("*.md")
    return {name for page in pages for name in _DOC.findall(page.read_text(encoding="utf-8"))}


def _parents(table: Table) -> list[_Parent]:
    required = {column.name: column.required for column in table.columns}
    return [
        _Parent(
            reference.column,
            reference.table,
            TABLES[reference.table].key,
            required[reference.column],
        )
        for reference in table.references
    ]


def _is_id(table: Table, column: Column) -> bool:
    return column.type is Type.BIGINT and (column.name == table.key or column.name.endswith("_id"))


def _groups(table: Table, ids: list[str]) -> dict[str, list[str]]:
    """The columns as `final` lists them; a group without any is left out."""
    groups: dict[str, list[str]] = {"keys": [table.key]}
    groups |= {"attributes": [], "amounts": [], "times": []}
    of_type = {Type.MONEY: "amounts", Type.TIMESTAMP: "times", Type.DATE: "times"}
    for column in table.columns:
        if column.name not in (table.key, table.partition_by):
            group = "keys" if column.name in ids else of_type.get(column.type, "attributes")
            groups[group].append(column.name)
    return {group: columns for group, columns in groups.items() if columns}


def _rules(table: Table, parents: list[_Parent], ids: list[str]) -> dict[str, str]:
    """Reason to condition, as far as the entry says what is valid."""
    rows = f"bronze_{table.name}"
    rules = {f"not_positive:{name}": f"{rows}.{name} <= 0" for name in ids}
    for parent in parents:
        condition = f"{parent.table}.{parent.key} is null"
        if not parent.is_required:
            condition = f"{rows}.{parent.column} is not null and {condition}"
        rules[parent.code] = condition
    return rules
