"""The types of terms in a query, as DuckDB itself gives them.

A term is put, with the FROM of its query, into a probe that is planned on empty tables of the same
columns and never run.
"""

from __future__ import annotations

from collections.abc import Iterator

import duckdb
from sqlglot import exp


class Types:
    """Types of terms, asked from a connection with empty tables."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._connection = connection

    def of(self, term: exp.Expr) -> str:
        """DuckDB's name of a term's type; empty when it is unknown."""
        for probe in self._probes(term):
            try:
                rows = self._connection.execute(f"describe {probe.sql('duckdb')}").fetchall()
            except duckdb.Error:
                continue
            return str(rows[0][1])
        return ""

    def _probes(self, term: exp.Expr) -> Iterator[exp.Expr]:
        """The term in its query without and with its groups, among outer tables, and alone."""
        around = term.find_ancestor(exp.Select)
        if around is not None:
            probe = exp.Select(expressions=[exp.alias_(term.copy(), "probe", quoted=True)])
            kept = around.copy()
            for part in ("from_", "joins", "laterals"):
                probe.set(part, kept.args.get(part))
            for cte in _named_before(term):
                probe = probe.with_(cte.alias, as_=cte.this.copy(), copy=False)
            yield probe
            if around.args.get("group"):
                grouped = probe.copy()
                grouped.set("group", around.args["group"].copy())
                yield grouped
            for source in _outer_sources(around):
                probe = probe.join(source, join_type="cross")
            yield probe
        yield exp.Select(expressions=[term.copy()])


def _outer_sources(select: exp.Select) -> list[exp.Expr]:
    """The tables of the queries around a subquery, which it may name."""
    found = []
    outer = select.find_ancestor(exp.Select)
    while outer is not None:
        parts = [outer.args.get("from_"), *(outer.args.get("joins") or [])]
        found += [part.this.copy() for part in parts if part is not None]
        outer = outer.find_ancestor(exp.Select)
    return found


def _named_before(term: exp.Expr) -> list[exp.CTE]:
    """What the WITH clauses around a term name before it, the outermost first."""
    found: list[list[exp.CTE]] = []
    inner: exp.Expr = term
    while inner.parent is not None:
        outer = inner.parent
        if isinstance(outer, exp.With):
            own = next(n for n, cte in enumerate(outer.expressions) if cte is inner)
            found.append(outer.expressions[:own])
        elif outer.args.get("with_") not in (None, inner):
            found.append(outer.args["with_"].expressions)
        inner = outer
    return [cte for ctes in reversed(found) for cte in ctes]
