"""DuckDB's errors in terms of the SQL that was asked, with the place in it."""

from __future__ import annotations

import re
from collections.abc import Mapping

import duckdb
from sqlglot import exp

from ingestion.errors import LakehouseError
from lakehouse.query.tables import place_of
from orchestration.project.sql_places import Place, close_to, fault, some_of
from orchestration.state.versions import first_line

_FIX_THE_SQL = "Fix the SQL and ask again."
_NO_COLUMN = re.compile(
    r'Referenced column "(.+?)" not found|does not have a column named "(.+?)"', re.DOTALL
)
_NO_RELATION = re.compile(r'Referenced table "(.+?)" not found')
_NO_FUNCTION = re.compile(r"Function with name (\w+) does not exist", re.IGNORECASE)
_A_NAME = re.compile(r'"(.+?)"', re.DOTALL)
_CALL = re.compile(r"'(\w+)\(")


def explained(
    sql: str, tree: exp.Query, error: duckdb.Error, columns: Mapping[str, list[str]]
) -> LakehouseError:
    """The error to raise instead, at the first place that has the name it is about."""
    text = str(error)
    if found := _NO_COLUMN.search(text):
        return _no_column(sql, tree, found[1] or found[2], columns)
    if found := _NO_RELATION.search(text):
        sources = [table.alias_or_name for table in tree.find_all(exp.Table)]
        problem = f"no table or alias {found[1]} is part of this query."
        return fault(sql, _named(tree, found[1]), problem, f"There are {some_of(sources)}.")
    if found := _NO_FUNCTION.search(text):
        problem = f"{found[1].lower()} is not known to this command, though Athena may have it."
        return fault(sql, _named(tree, found[1]), problem, "docs/query.md says what differs.")
    words = said(error)
    names = [*_A_NAME.findall(words), *_CALL.findall(words)]
    place = next((place for name in names if (place := _named(tree, name))), None)
    return fault(sql, place, words[:1].lower() + words[1:] if place else words, _FIX_THE_SQL)


def said(error: Exception) -> str:
    """DuckDB's sentence without its kind, and without advice that is of use in DuckDB alone."""
    words = first_line(error).split(": ", 1)[-1]
    return re.split(r" Use TRY\(| in expression \(| - an explicit cast", words)[0]


def _no_column(
    sql: str, tree: exp.Query, name: str, columns: Mapping[str, list[str]]
) -> LakehouseError:
    """Name the columns that are close, each with its table."""
    every = [column for listed in columns.values() for column in listed]
    close = [
        f"{column} ({table})"
        for column in close_to(name.lower(), every)
        for table, listed in columns.items()
        if column in listed
    ]
    hint = f" Did you mean {' or '.join(close)}?" if close else ""
    described = f"`describe {next(iter(columns))}` lists the columns." if columns else _FIX_THE_SQL
    return fault(sql, _named(tree, name), f"there is no column {name}.{hint}", described)


def _named(tree: exp.Expr, name: str) -> Place | None:
    """The first place of a name, a column's before any other's."""
    wanted = name.lower()
    named = [node for node in tree.find_all(exp.Identifier) if node.name.lower() == wanted]
    named.sort(key=lambda n: (not isinstance(n.parent, exp.Column), n.meta.get("start", 0)))
    calls = [node for node in tree.find_all(exp.Func) if node.sql_name().lower() == wanted]
    calls += [node for node in tree.find_all(exp.Anonymous) if node.name.lower() == wanted]
    return next((place for node in [*named, *calls] if (place := place_of(node))), None)
