"""A query of Trino as one of DuckDB: SELECT, its FROM, set operations, VALUES and WITH.

Every part of the tree is read by a rule or refused, so that nothing gets through by being unknown.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import count

from sqlglot import exp

from lakehouse.query.froms import FromParts
from lakehouse.query.groups import grouping
from lakehouse.query.kinds import common, for_duckdb
from lakehouse.query.refusals import Refusals
from lakehouse.query.scopes import Relation, Scope, Term, quoted
from lakehouse.query.terms import Terms
from lakehouse.query.windows import frame_of, ordering, require_selected

Tables = Callable[[exp.Table], tuple[str, str, Relation]]
_SELECT_PARTS = {
    "with_", "expressions", "distinct", "from_", "joins", "laterals", "where", "group", "having",
    "windows", "order", "limit", "offset", "operation_modifiers", "kind", "hint",
}  # fmt: skip
_SET_PARTS = {"with_", "this", "expression", "distinct", "order", "limit", "offset"}
_SET_SIGNS = {exp.Union: "union", exp.Intersect: "intersect", exp.Except: "except"}


class Queries:
    """Writes the queries of one text.

    Args:
        sql: The text.
        table: Opens a table that is no part of a WITH: its layer, its name and what it is.
    """

    def __init__(self, sql: str, table: Tables) -> None:
        self.refuse = Refusals(sql)
        self.terms = Terms(self.refuse, self.write)
        self._aliases = count(1)
        self._named: list[Mapping[str, Relation]] = [{}]
        self._from = FromParts(self, table)

    def write(self, node: exp.Expr, scope: Scope | None = None) -> Relation:
        """A query, in the scope of the query around it.

        Raises:
            LakehouseError: A part of it is not proven.
        """
        before = list(self._named)
        named = self._with(node)
        try:
            relation = self._body(node, scope)
        finally:
            self._named = before
        return Relation(f"{named}{relation.sql}", relation.columns)

    def named(self, name: str) -> Relation | None:
        """What WITH calls so, the innermost first."""
        return next((names[name] for names in reversed(self._named) if name in names), None)

    def alias(self) -> str:
        """A name for DuckDB that no text uses."""
        return f"t_{next(self._aliases)}"

    def _with(self, node: exp.Expr) -> str:
        clause = node.args.get("with_")
        if clause is None:
            return ""
        if clause.args.get("recursive"):
            raise self.refuse.unproven(clause, "WITH RECURSIVE, which Athena ends after ten steps,")
        written = []
        for cte in clause.expressions:
            if sum(cte.alias.lower() == other.alias.lower() for other in clause.expressions) > 1:
                raise self.refuse.mismatch(cte, f"WITH has {cte.alias} twice.")
            relation = self.write(cte.this)
            given = cte.args["alias"].columns
            relation = self.renamed(cte, relation, given)
            alias = self.alias()
            names = f"({', '.join(quoted(name.name) for name in given)})" if given else ""
            written.append(f"{alias}{names} as ({relation.sql})")
            self._named.append({cte.alias.lower(): Relation(alias, relation.columns)})
        return f"with {', '.join(written)} "

    def renamed(self, node: exp.Expr, relation: Relation, names: list[exp.Identifier]) -> Relation:
        """The relation with the column names that an alias lists."""
        if names and len(names) != len(relation.columns):
            problem = f"{len(names)} names are given to {len(relation.columns)} columns."
            raise self.refuse.mismatch(node, problem)
        kinds = [kind for _, kind in relation.columns]
        given = [name.name for name in names] or [name for name, _ in relation.columns]
        return Relation(relation.sql, tuple(zip(given, kinds, strict=True)))

    def _body(self, node: exp.Expr, scope: Scope | None) -> Relation:
        if isinstance(node, exp.Subquery):
            return self._parenthesis(node, scope)
        if isinstance(node, exp.SetOperation):
            return self._set(node, scope)
        if isinstance(node, exp.Select):
            return self._select(node, scope)
        if isinstance(node, exp.Values):
            return self.values(node, scope)
        if isinstance(node, exp.Table):
            return self._select(exp.select("*").from_(node), scope)
        raise self.refuse.unproven(node, node.sql("trino"))

    def _parenthesis(self, node: exp.Subquery, scope: Scope | None) -> Relation:
        inner = self.write(node.this, scope)
        ends = self._ends(node, Scope(outputs=_outputs(inner)))
        return Relation(f"select * from ({inner.sql}){ends}" if ends else inner.sql, inner.columns)

    def values(self, node: exp.Values, scope: Scope | None) -> Relation:
        """VALUES: each column in the common type of its rows."""
        rows = [
            row.expressions if isinstance(row, exp.Tuple) else [row] for row in node.expressions
        ]
        if len({len(row) for row in rows}) != 1:
            raise self.refuse.mismatch(node, "the rows of VALUES differ in width.")
        around = scope or Scope()
        columns = [
            self.terms.alike(list(column), [self.terms.of(item, around) for item in column])
            for column in zip(*rows, strict=True)
        ]
        # The first row fixes the types.
        items = [
            [f"cast({item} as {for_duckdb(kind)})" for item in terms] for terms, kind in columns
        ]
        written = ", ".join(f"({', '.join(row)})" for row in zip(*items, strict=True))
        named = tuple((f"_col{n}", kind) for n, (_, kind) in enumerate(columns))
        names = ", ".join(quoted(name) for name, _ in named)
        return Relation(f"select * from (values {written}) as v({names})", named)

    def _set(self, node: exp.SetOperation, scope: Scope | None) -> Relation:
        left, right = self.write(node.this, scope), self.write(node.expression, scope)
        if any(value and name not in _SET_PARTS for name, value in node.args.items()):
            raise self.refuse.unproven(node, "this form of a set operation")
        if len(left.columns) != len(right.columns):
            raise self.refuse.mismatch(node, "the two queries differ in their number of columns.")
        pairs = zip(left.columns, right.columns, strict=True)
        kinds = [(name, common(kind, other)) for (name, kind), (_, other) in pairs]
        for (name, kind), other in zip(kinds, right.columns, strict=True):
            if kind is None:
                problem = f"the column {name} has another type in the second query: {other[1]}."
                raise self.refuse.mismatch(node, problem)
        columns = tuple((name, str(kind)) for name, kind in kinds)
        sign = _SET_SIGNS[type(node)] + ("" if node.args.get("distinct") else " all")
        both = f"{_in_kinds(left, columns)} {sign} {_in_kinds(right, columns)}"
        ends = self._ends(node, Scope(outputs={n.lower(): Term(quoted(n), k) for n, k in columns}))
        return Relation(f"select * from ({both}){ends}", columns)

    def _select(self, node: exp.Select, around: Scope | None) -> Relation:
        for name, value in node.args.items():
            if value and name not in _SELECT_PARTS:
                raise self.refuse.unproven(node, f"{name.upper().rstrip('_')} in a query")
        if node.args.get("kind") or node.args.get("hint") or node.args.get("laterals"):
            raise self.refuse.unproven(node, "this form of SELECT")
        scope = Scope(parent=around)
        parts = [self._from.write(node, scope)]
        if where := node.args.get("where"):
            parts.append(f" where {self.terms.condition(where.this, scope)}")
        if group := node.args.get("group"):
            parts.append(grouping(self.terms, group, scope))
        if having := node.args.get("having"):
            parts.append(f" having {self.terms.condition(having.this, scope)}")
        windows = [
            f"{quoted(f'w_{w.this.name.lower()}')} as {frame_of(self.terms, w, scope)}"
            for w in node.args.get("windows") or []
        ]
        parts += [f" window {', '.join(windows)}"] if windows else []
        outputs = self._outputs(node, scope)
        scope.outputs = {name.lower(): term for name, term in outputs}
        listed = self._listed(node, scope, outputs)
        distinct = node.args.get("distinct")
        if distinct is not None and distinct.args.get("on"):
            raise self.refuse.unproven(node, "DISTINCT ON")
        if distinct is not None and (order := node.args.get("order")):
            require_selected(self.terms, order, scope)
        sql = f"select {'distinct ' if distinct is not None else ''}{listed}{''.join(parts)}"
        columns = tuple((name, term.kind) for name, term in outputs)
        return Relation(f"{sql}{self._ends(node, scope)}", columns)

    def _outputs(self, node: exp.Select, scope: Scope) -> list[tuple[str, Term]]:
        found: list[tuple[str, Term]] = []
        for item in node.expressions:
            if isinstance(item, exp.Star) or (isinstance(item, exp.Column) and item.is_star):
                found += self._from.starred(item, scope)
                continue
            inner = item.this if isinstance(item, exp.Alias) else item
            term = self.terms.of(inner, scope)
            if term.kind == "zoned" or term.kind.startswith("interval"):
                problem = f"a column of the type {_SHOWN.get(term.kind, term.kind)}"
                raise self.refuse.unproven(inner, problem)
            name = item.alias if isinstance(item, exp.Alias) else ""
            if isinstance(inner, exp.Column) and not name:
                name = inner.name
            found.append((name or f"_col{len(found)}", term))
        return found

    def _listed(self, node: exp.Select, scope: Scope, outputs: list[tuple[str, Term]]) -> str:
        """The outputs as SQL; where `*` means the same to DuckDB, it stays."""
        parts = [f"{term.sql} as {quoted(name)}" for name, term in outputs]
        first = node.expressions[0]
        if isinstance(first, exp.Star) or (isinstance(first, exp.Column) and first.is_star):
            source = self._from.whole(scope)
            if source is not None:
                parts = [f"{source.alias}.*", *parts[len(source.relation.columns) :]]
        return ", ".join(parts)

    def _ends(self, node: exp.Expr, scope: Scope) -> str:
        """ORDER BY, OFFSET and LIMIT."""
        parts = []
        if order := node.args.get("order"):
            parts.append(ordering(self.terms, order.expressions, scope))
        limit = node.args.get("limit")
        if isinstance(limit, exp.Fetch):
            options = limit.args.get("limit_options")
            if options is not None and (
                options.args.get("with_ties") or options.args.get("percent")
            ):
                raise self.refuse.unproven(limit, "FETCH with ties or percent")
            parts.append(f" limit {self._number(limit.args.get('count') or exp.Literal.number(1))}")
        elif limit is not None and limit.expression.name.lower() != "all":
            parts.append(f" limit {self._number(limit.expression)}")
        if offset := node.args.get("offset"):
            parts.append(f" offset {self._number(offset.expression)}")
        return "".join(parts)

    def _number(self, node: exp.Expr) -> int:
        if isinstance(node, exp.Literal) and node.name.isdecimal():
            return int(node.name)
        raise self.refuse.mismatch(node, "a number of rows is written as a whole number.")


_SHOWN = {"zoned": "timestamp with another time zone than UTC (cast it to timestamp)"}


def _outputs(relation: Relation) -> dict[str, Term]:
    return {name.lower(): Term(quoted(name), kind) for name, kind in relation.columns}


def _in_kinds(relation: Relation, columns: tuple[tuple[str, str], ...]) -> str:
    """The rows of one side, under the names of the first and in the common types."""
    names = [f"c_{number}" for number in range(len(columns))]
    casts = ", ".join(
        f"cast({name} as {for_duckdb(kind)}) as {quoted(column)}"
        for name, (column, kind) in zip(names, columns, strict=True)
    )
    return f"(select {casts} from ({relation.sql}) as side({', '.join(names)}))"
