"""The FROM of a query: tables, subqueries, VALUES, UNNEST, and how they are joined."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from sqlglot import exp

from lakehouse.query.kinds import common, for_duckdb, parts_of
from lakehouse.query.operators import compared
from lakehouse.query.scopes import Relation, Scope, Source, Term, quoted

if TYPE_CHECKING:
    from lakehouse.query.queries import Queries

_SIDES = ("", "LEFT", "RIGHT", "FULL")
_TABLE_PARTS = {"this", "db", "catalog", "alias", "version"}


class FromParts:
    """Writes what follows FROM and fills the scope with it."""

    def __init__(
        self, queries: Queries, table: Callable[[exp.Table], tuple[str, str, Relation]]
    ) -> None:
        self._queries = queries
        self._refuse = queries.refuse
        self._table = table

    def write(self, node: exp.Select, scope: Scope) -> str:
        """` from …` with all joins; nothing for a SELECT without."""
        clause = node.args.get("from_")
        if clause is None:
            return ""
        sql = f" from {self._relation(clause.this, scope)}"
        for join in node.args.get("joins") or []:
            sql += self._join(join, scope)
        return sql

    def starred(self, item: exp.Expr, scope: Scope) -> list[tuple[str, Term]]:
        """The columns that `*` or `table.*` stands for."""
        star = item if isinstance(item, exp.Star) else item.this
        if any(star.args.values()):
            raise self._refuse.unproven(item, "* with a list of exceptions")
        columns = scope.every_column()
        if isinstance(item, exp.Column):
            table, layer = item.table.lower(), item.text("db").lower()
            found = [s for s in scope.sources if s.is_called(table, layer)]
            if len(found) != 1:
                raise self._refuse.mismatch(item, f"{item.table} is no single table here.")
            # A column that USING has made one of two is in neither of them.
            columns = [
                (name, term)
                for name, term in found[0].terms()
                if (found[0].alias, name.lower()) not in scope.hidden
            ]
        if not scope.sources:
            raise self._refuse.mismatch(item, "* needs a FROM.")
        sources = {s.alias: s for s in scope.sources}
        for source in sources.values():
            names = [name.lower() for name, _ in source.relation.columns]
            if len(set(names)) != len(names):
                raise self._refuse.mismatch(item, "* meets two columns of one name here.")
        for name, term in columns:
            if not term.kind:
                raise self._refuse.unproven(item, f"the type of {name}")
        return columns

    def whole(self, scope: Scope) -> Source | None:
        """The only source, when `*` means all of it to DuckDB, too."""
        first = scope.sources[0]
        return first if len(scope.sources) == 1 and not first.relation.hidden else None

    def _relation(self, node: exp.Expr, scope: Scope) -> str:
        if isinstance(node, exp.Unnest):
            return self._unnest(node, scope)
        if isinstance(node, exp.Table):
            layer, name, relation = self._named(node)
        elif isinstance(node, exp.Subquery):
            self._plain(node, {"this", "alias", "with_"})
            layer, name, relation = "", "", self._queries.write(node.this, scope.parent)
            relation = Relation(f"({relation.sql})", relation.columns)
        elif isinstance(node, exp.Values):
            layer, name, relation = "", "", self._queries.values(node, scope.parent)
            relation = Relation(f"({relation.sql})", relation.columns)
        else:
            raise self._refuse.unproven(node, node.sql("trino"))
        given = node.args.get("alias")
        if given is not None:
            renamed = self._queries.renamed(node, relation, given.columns)
            layer, name = "", given.name or name
            relation = Relation(relation.sql, renamed.columns, relation.hidden)
        names = [column.lower() for column, _ in relation.columns]
        is_plain = len(set(names)) == len(names) and not (given is not None and given.columns)
        return self._add(scope, name, layer, relation, is_plain=is_plain)

    def _add(
        self, scope: Scope, name: str, layer: str, relation: Relation, *, is_plain: bool = False
    ) -> str:
        """A source with all its columns named, unless it is a table that keeps its own."""
        alias = self._queries.alias()
        scope.sources.append(Source(alias, name, layer, relation))
        if is_plain:
            return f"{relation.sql} as {alias}"
        every = [*relation.columns, *relation.hidden]
        names = [column for column, _ in every]
        if len({name.lower() for name in names}) != len(names):
            # Two of one name can't be told apart, in Athena neither.
            names = [
                f"{column}_{n}" if names.count(column) > 1 else column
                for n, column in enumerate(names)
            ]
        return f"{relation.sql} as {alias}({', '.join(map(quoted, names))})"

    def _named(self, node: exp.Table) -> tuple[str, str, Relation]:
        self._plain(node, _TABLE_PARTS)
        if not isinstance(node.this, exp.Identifier):
            raise self._refuse.no_function(node.this, node.name)
        if not node.db and not node.args.get("version"):
            relation = self._queries.named(node.name.lower())
            if relation is not None:
                return "", node.name, relation
        return self._table(node)

    def _plain(self, node: exp.Expr, parts: set[str]) -> None:
        for name, value in node.args.items():
            if value and name not in parts:
                raise self._refuse.unproven(node, f"{name.upper()} in FROM")

    def _join(self, join: exp.Join, scope: Scope) -> str:
        side, kind = (join.text(part).upper() for part in ("side", "kind"))
        self._plain(join, {"this", "on", "using", "side", "kind"})
        if side not in _SIDES or kind not in ("", "INNER", "OUTER", "CROSS"):
            raise self._refuse.unproven(join, f"a {side} {kind} JOIN".replace("  ", " "))
        before = len(scope.sources)
        on = join.args.get("on")
        is_left = side == "LEFT" and on is not None and on.sql().lower() == "true"
        if isinstance(join.this, exp.Unnest) and (side or on is not None) and not is_left:
            raise self._refuse.unproven(join, "this join with UNNEST")
        relation = self._relation(join.this, scope)
        using = join.args.get("using")
        word = side.lower() or ("inner" if on or using else "cross")
        if isinstance(join.this, exp.Unnest):
            word = side.lower() or "cross"
        sql = f" {word} join {relation}"
        if using:
            return sql + self._using(join, using, word, before, scope)
        if on is not None:
            sql += f" on {self._queries.terms.condition(on, scope)}"
        elif word != "cross":
            raise self._refuse.mismatch(join, "a JOIN needs ON or USING.")
        return sql

    def _using(
        self, join: exp.Join, names: list[exp.Expr], word: str, before: int, scope: Scope
    ) -> str:
        """Equal columns of both sides, which become one."""
        right = scope.sources[before]
        conditions = []
        for column in names:
            name = column.name.lower()
            others = Scope(
                sources=scope.sources[:before], merged=dict(scope.merged), hidden=scope.hidden
            )
            left, other = others.find(name, "", ""), Scope(sources=[right]).find(name, "", "")
            if len(left) != 1 or len(other) != 1:
                raise self._refuse.mismatch(column, f"USING needs {name} once on each side.")
            kind = common(left[0].kind, other[0].kind)
            if kind is None:
                raise self._refuse.mismatch(column, f"{name} has two types that do not compare.")
            one, two = (f"cast({t.sql} as {for_duckdb(kind)})" for t in (left[0], other[0]))
            conditions.append(compared(one, "=", two, kind))
            merged = {"inner": one, "left": one, "right": two}.get(word, f"coalesce({one}, {two})")
            scope.merged[name] = Term(merged, kind)
            scope.hidden |= {(source.alias, name) for source in scope.sources[: before + 1]}
        return f" on {' and '.join(conditions)}"

    def _unnest(self, node: exp.Unnest, scope: Scope) -> str:
        """Rows of arrays and maps side by side, the shorter ones filled with NULL."""
        given = node.args.get("alias")
        names = [column.name for column in given.columns] if given is not None else []
        arguments, columns = [], []
        for part in node.expressions:
            term = self._queries.terms.of(part, scope)
            name, inner = parts_of(term.kind)
            if name == "array":
                arguments.append(term.sql)
                columns.append(inner[0])
            elif name == "map":
                arguments += [f"map_keys({term.sql})", f"map_values({term.sql})"]
                columns += inner
            else:
                raise self._refuse.mismatch(
                    part, f"Athena unnests arrays and maps, not {term.kind}."
                )
        offset = node.args.get("offset")
        kinds = [*columns, *(["bigint"] if offset else [])]
        if offset and isinstance(offset, exp.Identifier):
            names.append(offset.name)
        names = names or [f"_col{n}" for n in range(len(kinds))]
        if len(names) != len(kinds):
            raise self._refuse.mismatch(node, f"UNNEST gives {len(kinds)} columns.")
        longest = f"greatest({', '.join(f'coalesce(len({a}), 0)' for a in [*arguments, '[]'])})"
        place = "i_.place"
        listed = [f"({a})[{place}]" for a in arguments] + ([place] if offset else [])
        places = f"(select unnest(range(1, {longest} + 1)) as place) as i_"
        rows = f"(select {', '.join(listed)} from {places})"
        relation = Relation(f"lateral {rows}", tuple(zip(names, kinds, strict=True)))
        return self._add(scope, given.name if given is not None else "", "", relation)
