"""What each column of one query is computed from: its inputs, and the expressions on the way.

Data flow: SQL -> sqlglot: every column with its table, no star -> scopes -> a `Computed` per column

sqlglot's own `lineage` walks each column anew, leaves out `count(*)` and gives no expression for
people; so the scopes are walked here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import cast

from sqlglot import exp, parse_one
from sqlglot.optimizer.qualify import qualify
from sqlglot.optimizer.scope import Scope, build_scope, find_all_in_scope

from lakehouse.lineage.graph import ROWS

DIALECT = "spark"
_MOST_STEPS = 8
_TEXT_OR_STRING = re.compile(r"('(?:[^']|'')*')")


@dataclass(frozen=True)
class Computed:
    """Inputs as (table, column), and the expressions, the last one first."""

    inputs: tuple[tuple[str, str], ...]
    steps: tuple[str, ...]


def computed_columns(
    sql: str, columns: Mapping[str, Sequence[str]], inlined: str
) -> dict[str, Computed]:
    """Every column of a query and, as `*`, its rows.

    Args:
        sql: A query of Spark SQL.
        columns: The tables it may read, and the columns of each.
        inlined: The prefix of CTEs that are tables of their own, to be read as such.

    Raises:
        sqlglot.errors.SqlglotError: It is no query, or names a column that no table has.
    """
    query = parse_one(sql, dialect=DIALECT)
    for with_ in query.find_all(exp.With):
        kept = [cte for cte in with_.expressions if not cte.alias.startswith(inlined)]
        with_.set("expressions", kept)
        if not kept:
            with_.pop()
    qualified = qualify(query, dialect=DIALECT, schema=_schema(columns), quote_identifiers=False)
    scope = build_scope(qualified)
    assert scope is not None  # what could be qualified is a query
    walk = _Walk()
    found = {
        name: Computed(tuple(walk.inputs(scope, name)), walk.steps(scope, name))
        for name in _names(scope)
    }
    return {**found, ROWS: Computed(tuple(walk.inputs(scope, ROWS)), ())}


def _schema(columns: Mapping[str, Sequence[str]]) -> dict[str, object]:
    # Tables of one schema have one depth of names: an inlined CTE gets a schema of its own.
    tree: dict[str, dict[str, dict[str, str]]] = {}
    for table, names in columns.items():
        schema, _, name = table.rpartition(".")
        tree.setdefault(schema, {})[name] = dict.fromkeys(names, "unknown")
    return dict(tree)


class _Walk:
    """Goes from a column through the subqueries to the tables; each place is visited once."""

    def __init__(self) -> None:
        self._known: dict[tuple[int, str], dict[tuple[str, str], None]] = {}

    def inputs(self, scope: Scope, name: str) -> dict[tuple[str, str], None]:
        """The columns of tables that a column of a subquery is computed from, in order."""
        key = (id(scope), name)
        if key not in self._known:
            self._known[key] = {}
            for source, column in _reads(scope, name):
                if isinstance(source, Scope):
                    self._known[key].update(self.inputs(source, column))
                elif isinstance(source.this, exp.Identifier):  # else a function such as range
                    self._known[key][_table_name(source), column] = None
        return self._known[key]

    def steps(self, scope: Scope, name: str) -> tuple[str, ...]:
        """The expressions on the way that do more than hand a value on."""
        found: dict[str, None] = {}
        waiting, seen = [(scope, name)], {(id(scope), name)}
        while waiting:
            here, column = waiting.pop(0)
            for expression in _expressions(here, column):
                if not isinstance(_without_cast(expression), exp.Column):
                    text = _readable(expression)
                    found[text if column == name else f"{column} = {text}"] = None
            for source, read in _reads(here, column):
                if isinstance(source, Scope) and (id(source), read) not in seen and read != ROWS:
                    seen.add((id(source), read))
                    waiting.append((source, read))
        return tuple(found)[:_MOST_STEPS]


def _reads(scope: Scope, name: str) -> Iterator[tuple[Scope | exp.Table, str]]:
    """What a column of a subquery reads directly: of other subqueries, or of tables."""
    if isinstance(scope.expression, exp.SetOperation):
        for branch in scope.set_operation_scopes:
            yield branch, _same_place(scope, branch, name)
    elif name == ROWS:
        yield from _rows(scope)
    else:
        for expression in _expressions(scope, name):
            yield from _read_by(scope, expression)


def _read_by(scope: Scope, expression: exp.Expr) -> Iterator[tuple[Scope | exp.Table, str]]:
    for column in find_all_in_scope(expression, exp.Column):
        source = scope.sources.get(column.table)
        if source is not None:
            yield source, column.name
    for count in find_all_in_scope(expression, exp.Count):
        if isinstance(count.this, exp.Star | exp.Literal):
            yield from _rows(scope)
    inner = {id(subquery.expression): subquery for subquery in scope.subquery_scopes}
    for query in find_all_in_scope(expression, exp.Select, exp.SetOperation):
        if id(query) in inner:
            yield from ((inner[id(query)], name) for name in _names(inner[id(query)]))


def _rows(scope: Scope) -> Iterator[tuple[Scope | exp.Table, str]]:
    """Rows come from what is selected from; of a full join from both sides."""
    sides = [scope.expression.args.get("from_")]
    sides += [join for join in scope.expression.args.get("joins") or [] if join.side == "FULL"]
    for side in sides:
        source = scope.sources.get(side.this.alias_or_name) if side else None
        if source is not None:
            yield source, ROWS


def _expressions(scope: Scope, name: str) -> list[exp.Expr]:
    """The expression of a column in its subquery; none in a union, whose parts have them."""
    if isinstance(scope.expression, exp.Lateral):
        return [scope.expression.this]
    if not isinstance(scope.expression, exp.Select):
        return []
    return [
        select.this if isinstance(select, exp.Aliases) else select.unalias()
        for select in scope.expression.selects
        if name in _aliases(select)
    ]


def _aliases(select: exp.Expr) -> list[str]:
    """The names of a column; several for a function that gives several, such as `stack`."""
    if isinstance(select, exp.Aliases):
        return [alias.name for alias in select.aliases]
    return [select.alias_or_name]


def _same_place(union: Scope, branch: Scope, name: str) -> str:
    if name == ROWS:
        return ROWS
    return _names(branch)[_names(union).index(name)]


def _names(scope: Scope) -> list[str]:
    return list(cast(exp.Query, scope.expression).named_selects)


def _table_name(table: exp.Table) -> str:
    return f"{table.db}.{table.name}" if table.db else table.name


def _without_cast(expression: exp.Expr) -> exp.Expr:
    while isinstance(expression, exp.Cast | exp.Paren | exp.Alias):
        expression = expression.this
    return expression


def _readable(expression: exp.Expr) -> str:
    """The expression as in the models: lower case, a column's subquery only in case of doubt."""
    short = _without_cast(expression).copy()
    columns = list(short.find_all(exp.Column))
    places = {(column.table, column.name) for column in columns}
    for column in columns:
        if sum(name == column.name for _, name in places) == 1:
            column.set("table", None)
    parts = _TEXT_OR_STRING.split(short.sql(dialect=DIALECT, comments=False))
    return "".join(part if part.startswith("'") else part.lower() for part in parts)
