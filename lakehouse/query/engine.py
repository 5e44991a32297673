"""A question and its answer: the statement is checked, translated and run in a locked DuckDB.

Every question has a connection of its own. It holds views of the tables that the question names,
may open their files and no other, and lets no setting be changed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import duckdb
from sqlglot import exp

from ingestion.errors import LakehouseError
from ingestion.layers import LAYERS
from ingestion.settings import Settings
from lakehouse.query import guard
from lakehouse.query.as_of import Past
from lakehouse.query.explained import explained
from lakehouse.query.information import INFORMATION, information
from lakehouse.query.kinds import of_duckdb
from lakehouse.query.limits import Limits
from lakehouse.query.macros import macros_of
from lakehouse.query.natives import register
from lakehouse.query.queries import Queries
from lakehouse.query.scopes import Relation, quoted
from lakehouse.query.show import plan_of, shown
from lakehouse.query.tables import PATH, View, full_name, open_view, place_of, text
from orchestration.project.references import with_tables
from orchestration.project.sql_places import fault
from orchestration.state.damage import require_whole
from orchestration.state.past_states import AsOf, PastState
from orchestration.state.published import ShownTable, shown_tables, shown_versions

_AS_OF = "as_of"


@dataclass(frozen=True)
class Answer:
    """A question that can be answered; nothing is computed until its rows are asked for.

    Attributes:
        connection: Where it runs.
        translated: The statement, as DuckDB takes it.
        columns: Name to DuckDB type.
        limits: What it may use.
        sql: The question.
        views: The tables that it names.
    """

    connection: duckdb.DuckDBPyConnection
    translated: str
    columns: list[tuple[str, str]]
    limits: Limits
    sql: str
    views: Sequence[View] = ()


def ask(
    settings: Settings, sql: str, as_of: AsOf | None = None, limits: Limits | None = None
) -> Answer:
    """Run the one statement of a text.

    Without `:as_of` in the text, `as_of` holds for every table that names no version itself; with
    it, only where it stands.

    Raises:
        LakehouseError: There is no lakehouse, or the SQL is not one that can run.
    """
    known = shown_tables(settings, shown_versions(settings))
    limits = limits or Limits()
    statement = guard.only_statement(with_tables(sql))
    if guard.is_show(statement):
        shows = shown(statement, known)
        return _answer(_connected([], limits), shows, limits, statement)
    return _run(settings, statement, known, as_of, limits)


def _run(
    settings: Settings,
    sql: str,
    known: Mapping[str, ShownTable],
    as_of: AsOf | None,
    limits: Limits,
) -> Answer:
    is_explain, query = guard.without_explain(sql)
    tree = guard.read_query(query)
    is_placed = _place_as_of(query, tree, as_of)
    tables = _Tables(query, known, Past(settings), None if is_placed else as_of)
    translated = Queries(query, tables.open).write(tree).sql
    views = list(tables.views.values())
    for view in views if settings.is_local else ():
        if not view.is_of_old:
            require_whole(settings, f"{view.layer}.{view.name}")
    connection = _connected(views, limits, translated)
    if is_explain:
        with limits.watch(connection, query):
            translated = plan_of(connection, translated)
    return _answer(connection, translated, limits, query, views)


def _answer(
    connection: duckdb.DuckDBPyConnection,
    translated: str,
    limits: Limits,
    sql: str,
    views: Sequence[View] = (),
) -> Answer:
    try:
        statements = connection.extract_statements(translated)
        if [statement.type for statement in statements] != [duckdb.StatementType.SELECT]:
            raise LakehouseError("The statement is refused.", "`lakehouse query` only reads.")
        with limits.watch(connection, sql):
            described = connection.execute(f"describe {translated}").fetchall()
    except duckdb.Error as error:
        raise explained(sql, error, views) from error
    columns = [(name, kind) for name, kind, *_ in described]
    return Answer(connection, translated, columns, limits, sql, views)


def _connected(
    views: list[View], limits: Limits, translated: str = ""
) -> duckdb.DuckDBPyConnection:
    """A locked connection with these tables, for a statement."""
    connection = duckdb.connect()
    connection.execute("set timezone = 'UTC'")
    limits.set(connection)
    macros = macros_of(translated)
    if macros:
        connection.execute(macros)
    register(connection, translated + macros)
    for layer in LAYERS:
        connection.execute(f"create schema {layer}")
    for view in views:
        try:
            view.create(connection)
        except duckdb.Error as error:
            raise explained(view.statement, error, [view]) from error
    files = ", ".join(text(path) for view in views for path in view.files)
    connection.execute(f"set allowed_paths = [{files}]")
    # Then no extension can be loaded either, and no variable of this program is taken for a table.
    connection.execute("set enable_external_access = false")
    connection.execute("set lock_configuration = true")
    return connection


class _Tables:
    """Opens the tables that a query names, each version once."""

    def __init__(
        self, sql: str, known: Mapping[str, ShownTable], past: Past, as_of: AsOf | None
    ) -> None:
        self.views: dict[str, View] = {}
        self._sql = sql
        self._known = known
        self._past = past
        self._as_of = as_of
        self._has_path = f'"{PATH}"' in sql.lower()

    def open(self, table: exp.Table) -> tuple[str, str, Relation]:
        """Layer, name and view of a table."""
        if table.db.lower() == INFORMATION:
            return INFORMATION, table.name, information(self._sql, table, self._known)
        name = full_name(self._sql, table, self._known)
        version = table.args.get("version")
        wanted = _wanted(self._sql, table, version) if version else self._as_of
        view = open_view(self._known[name], self._past, wanted, has_path=self._has_path)
        view = self.views.setdefault(f"{view.layer}.{view.name}", view)
        columns = tuple((column, of_duckdb(kind)) for column, kind in view.columns.items())
        hidden = ((PATH, "varchar"),) if self._has_path and view.dataset is None else ()
        relation = Relation(f"{view.layer}.{quoted(view.name)}", columns, hidden)
        return view.layer, name.split(".")[1], relation


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
            at = as_of.moment if isinstance(as_of, PastState) else as_of
            moment = exp.Literal.string(f"{at:%Y-%m-%d %H:%M:%S.%f} UTC")
            placeholder.replace(exp.cast(moment, "timestamptz(6)"))
    return bool(placeholders)


def _wanted(sql: str, table: exp.Table, version: exp.Expr) -> AsOf:
    """The version or the time that `for ... as of` names."""
    wanted = version.expression
    if version.this == "VERSION" and isinstance(wanted, exp.Literal) and wanted.name.isdecimal():
        return int(wanted.name)
    if version.this == "TIMESTAMP" and isinstance(wanted, exp.Expr):
        moment = exp.cast(wanted.copy(), "timestamptz").sql("duckdb")
        try:
            (row,) = _connected([], Limits()).execute(f"select {moment}").fetchall()
        except duckdb.Error:
            row = (None,)
        if isinstance(row[0], datetime):
            return row[0].astimezone(UTC)
    problem = "`for ... as of` needs a version (a number) or a time."
    example = "for version as of 3, or: for timestamp as of timestamp '2025-04-10 06:00:00 UTC'"
    raise fault(sql, place_of(table.this), problem, f"Write {example}.")
