"""A question and its answer: the statement is checked, translated and run in a locked DuckDB.

Every question has a connection of its own. It holds views of the tables that the question names,
may open their files and no other, and lets no setting be changed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

import duckdb
from sqlglot import exp
from sqlglot.errors import ErrorLevel, UnsupportedError

from ingestion.errors import LakehouseError
from ingestion.layers import LAYERS
from ingestion.settings import Settings
from lakehouse.query import guard
from lakehouse.query.as_of import AsOf
from lakehouse.query.dialect import MACROS, bridge
from lakehouse.query.explained import explained
from lakehouse.query.show import plan_of, shown
from lakehouse.query.tables import View, full_name, open_view, place_of, tables_in, text
from lakehouse.query.typed import bridge_types
from lakehouse.query.types_of_terms import Types
from orchestration.project.references import with_tables
from orchestration.project.sql_places import fault
from orchestration.state.versions import require_lakehouse

_AS_OF = "as_of"


@dataclass(frozen=True)
class Answer:
    """A question that can be answered; nothing is computed until its rows are asked for.

    Attributes:
        connection: Where it runs.
        translated: The statement, as DuckDB takes it.
        columns: Name to DuckDB type.
    """

    connection: duckdb.DuckDBPyConnection
    translated: str
    columns: list[tuple[str, str]]


def ask(settings: Settings, sql: str, as_of: AsOf | None = None) -> Answer:
    """Run the one statement of a text.

    Without `:as_of` in the text, `as_of` holds for every table that names no version itself; with
    it, only where it stands.

    Raises:
        LakehouseError: There is no lakehouse, or the SQL is not one that can run.
    """
    known = require_lakehouse(settings)
    statement = guard.only_statement(with_tables(sql))
    if guard.is_show(statement):
        return _answer(_connected([], with_rows=False), shown(statement, known))
    return _run(statement, known, as_of)


def _run(sql: str, known: Mapping[str, str], as_of: AsOf | None) -> Answer:
    is_explain, query = guard.without_explain(sql)
    tree = guard.read_query(query)
    original = tree.copy()
    views = _bind_tables(query, tree, known, as_of)
    blank = _connected(views, with_rows=False)
    try:
        tree = bridge_types(query, bridge(query, tree), Types(blank))
        translated = tree.sql("duckdb", unsupported_level=ErrorLevel.RAISE)
        blank.execute(f"explain {translated}")
        connection = _connected(views, with_rows=True)
        if is_explain:
            translated = plan_of(connection, translated)
        return _answer(connection, translated)
    except duckdb.Error as error:
        raise explained(query, original, error, _columns(views)) from error
    except UnsupportedError as error:
        problem = f"A part of the SQL can't be run here: {error}"
        raise fault(query, None, problem, "docs/query.md says what differs from Athena.") from error


def _answer(connection: duckdb.DuckDBPyConnection, translated: str) -> Answer:
    statements = connection.extract_statements(translated)
    if [statement.type for statement in statements] != [duckdb.StatementType.SELECT]:
        raise LakehouseError("The statement is refused.", "`lakehouse query` only reads.")
    described = connection.execute(f"describe {translated}").fetchall()
    return Answer(connection, translated, [(name, kind) for name, kind, *_ in described])


def _connected(views: list[View], *, with_rows: bool) -> duckdb.DuckDBPyConnection:
    """A locked connection with these tables, or with empty ones of the same columns."""
    connection = duckdb.connect()
    connection.execute("set timezone = 'UTC'")
    connection.execute(MACROS)
    for layer in LAYERS:
        connection.execute(f"create schema {layer}")
    for view in views:
        if with_rows:
            view.create(connection)
        else:
            connection.execute(view.blank_statement)
    files = ", ".join(text(path) for view in views if with_rows for path in view.files)
    connection.execute(f"set allowed_paths = [{files}]")
    # Then no extension can be loaded either, and no variable of this program is taken for a table.
    connection.execute("set enable_external_access = false")
    connection.execute("set lock_configuration = true")
    return connection


def _bind_tables(
    sql: str, tree: exp.Query, known: Mapping[str, str], as_of: AsOf | None
) -> list[View]:
    """Open the tables of a query and let the query name the views of them."""
    is_placed = _place_as_of(sql, tree, as_of)
    views: dict[str, View] = {}
    for table in list(tables_in(tree)):
        name = full_name(sql, table, known)
        version = table.args.get("version")
        wanted = _wanted(sql, table, version) if version else None if is_placed else as_of
        view = open_view(name, known[name], wanted)
        views[f"{view.layer}.{view.name}"] = view
        if not table.alias:
            table.set("alias", exp.TableAlias(this=exp.to_identifier(name.split(".")[1])))
        table.set("this", exp.to_identifier(view.name, quoted=True))
        table.set("db", exp.to_identifier(view.layer))
        table.set("catalog", None)
        table.set("version", None)
    return list(views.values())


def _place_as_of(sql: str, tree: exp.Query, as_of: AsOf | None) -> bool:
    """Put the value of --as-of where the query says `:as_of`; whether it does."""
    placeholders = list(tree.find_all(exp.Placeholder))
    for placeholder in placeholders:
        if placeholder.name != _AS_OF:
            problem = f"The SQL has the parameter :{placeholder.name or '?'}, which has no value."
            raise fault(sql, None, problem, "Only :as_of is known, with the value of --as-of.")
        if as_of is None:
            raise fault(sql, None, "The SQL says :as_of.", "Give its value with --as-of.")
        if isinstance(as_of, int):
            placeholder.replace(exp.Literal.number(as_of))
        else:
            moment = exp.Literal.string(as_of.isoformat(sep=" "))
            placeholder.replace(exp.cast(moment, "timestamptz"))
    return bool(placeholders)


def _wanted(sql: str, table: exp.Table, version: exp.Expr) -> AsOf:
    """The version or the time that `for ... as of` names."""
    wanted = version.expression
    if version.this == "VERSION" and isinstance(wanted, exp.Literal) and wanted.name.isdecimal():
        return int(wanted.name)
    if version.this == "TIMESTAMP" and isinstance(wanted, exp.Expr):
        moment = exp.cast(wanted.copy(), "timestamptz").sql("duckdb")
        try:
            (row,) = _connected([], with_rows=False).execute(f"select {moment}").fetchall()
        except duckdb.Error:
            row = (None,)
        if isinstance(row[0], datetime):
            return row[0].astimezone(UTC)
    problem = "`for ... as of` needs a version (a number) or a time."
    example = "for version as of 3, or: for timestamp as of timestamp '2025-04-10 06:00:00 UTC'"
    raise fault(sql, place_of(table.this), problem, f"Write {example}.")


def _columns(views: list[View]) -> dict[str, list[str]]:
    return {f"{view.layer}.{view.name.split('@')[0]}": list(view.columns) for view in views}
