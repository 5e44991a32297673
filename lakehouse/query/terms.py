"""A term of Trino as one of DuckDB, with its type; a term that is not proven is refused by name."""

from __future__ import annotations

from collections.abc import Callable

from sqlglot import exp

from lakehouse.query import arithmetic, calls, operators
from lakehouse.query.casts import converted
from lakehouse.query.kinds import common, for_duckdb, parts_of
from lakehouse.query.refusals import Refusals
from lakehouse.query.scopes import Relation, Scope, Term, in_kind, text
from lakehouse.query.texts import doubt, guarded
from lakehouse.query.typenames import kind_of

_CONTEXT = {
    exp.CurrentDate: Term("current_date", "date"),
    exp.CurrentTimestamp: Term("now()", "timestamp with time zone"),
    exp.Localtimestamp: Term("cast(now() as timestamp)", "timestamp"),
}
_FIELDS = {"day_of_month": "day", "dow": "day_of_week", "doy": "day_of_year"}


class Terms:
    """Writes terms, in the scope that is given with each.

    Args:
        refuse: Makes errors with their place.
        query: Writes a subquery in the scope around it.

    Attributes:
        doubts: When a value is not known here, which TRY must not hide.
    """

    def __init__(self, refuse: Refusals, query: Callable[[exp.Expr, Scope], Relation]) -> None:
        self.refuse = refuse
        self.doubts: list[str] = []
        self._query = query
        self._rules: dict[type[exp.Expr], Callable[..., Term]] = {
            exp.Literal: self._literal,
            exp.Boolean: lambda n, s: Term(str(n.this).lower(), "boolean"),
            exp.Null: lambda n, s: Term("null", "unknown"),
            exp.Column: self._column,
            exp.Identifier: self._column,
            exp.Paren: lambda n, s: self.of(n.this, s),
            exp.Cast: self._cast,
            exp.TryCast: self._cast,
            exp.Extract: self._extract,
            exp.Interval: lambda n, s: arithmetic.interval(self.refuse, n),
            exp.Case: self._case,
            exp.If: self._if,
            exp.Array: self._array,
            exp.Bracket: self._bracket,
            exp.Subquery: self._subquery,
            exp.Select: self._subquery,
            exp.Exists: lambda n, s: Term(f"exists ({self._query(n.this, s).sql})", "boolean"),
            exp.In: self._in,
            exp.Anonymous: lambda n, s: calls.call(self, n, s),
            exp.Filter: lambda n, s: calls.windowed(self, n, s),
            exp.Window: lambda n, s: calls.windowed(self, n, s),
            exp.IgnoreNulls: lambda n, s: calls.windowed(self, n, s),
            exp.RespectNulls: lambda n, s: calls.windowed(self, n, s),
            exp.GroupConcat: lambda n, s: calls.windowed(self, n, s),
            exp.Trim: self._trim,
            exp.StrPosition: lambda n, s: self.named("strpos", n, [n.this, n.args["substr"]], s),
            exp.AtTimeZone: lambda n, s: self.named("at_timezone", n, [n.this, n.args["zone"]], s),
            exp.Substring: lambda n, s: self.named(
                "substr", n, [n.this, n.args["start"], n.args.get("length")], s
            ),
        }

    def of(self, node: exp.Expr, scope: Scope) -> Term:
        """A term.

        Raises:
            LakehouseError: It is not proven, or does not fit its parts.
        """
        now = next((term for kind, term in _CONTEXT.items() if isinstance(node, kind)), None)
        if now is not None:
            if node.args.get("this"):
                raise self.refuse.unproven(node, "a precision of the time")
            return now
        if rule := self._rules.get(type(node)):
            return rule(node, scope)
        if rule := operators.RULES.get(type(node)):
            return rule(self, node, scope)
        raise self.refuse.unproven(node, node.sql("trino"))

    def condition(self, node: exp.Expr, scope: Scope) -> str:
        """A term that is true or false."""
        return self.converted(node, self.of(node, scope), "boolean")

    def converted(self, node: exp.Expr, term: Term, kind: str) -> str:
        """The term in a type that Trino converts it to by itself."""
        if common(term.kind, kind) != kind:
            raise self.refuse.mismatch(node, f"Athena does not convert {term.kind} to {kind} here.")
        return in_kind(term, kind)

    def named(
        self, name: str, node: exp.Expr, arguments: list[exp.Expr | None], scope: Scope
    ) -> Term:
        """A function that the language writes in another way."""
        given = [argument for argument in arguments if argument is not None]
        return calls.scalar(self, name, node, given, scope)

    def alike(self, nodes: list[exp.Expr], terms: list[Term]) -> tuple[list[str], str]:
        """Terms in their common type, and this type."""
        kind = "unknown"
        for node, term in zip(nodes, terms, strict=True):
            merged = common(kind, term.kind)
            if merged is None:
                raise self.refuse.mismatch(
                    node, f"Athena does not convert {term.kind} and {kind} to one type."
                )
            kind = merged
        return [in_kind(term, kind) for term in terms], kind

    def _literal(self, node: exp.Literal, scope: Scope) -> Term:
        if node.is_string:
            return Term(text(node.name), "varchar", node.name)
        return arithmetic.number(self.refuse, node)

    def _column(self, node: exp.Column | exp.Identifier, scope: Scope) -> Term:
        name = node.name.lower()
        if isinstance(node, exp.Identifier) or not node.table:
            around: Scope | None = scope
            while around is not None:
                if name in around.parameters:
                    return around.parameters[name]
                around = around.parent
        if isinstance(node, exp.Identifier):
            raise self.refuse.no_column(node, scope)
        found = scope.find(name, node.table.lower(), node.text("db").lower())
        if len(found) > 1:
            raise self.refuse.mismatch(node.this, f"{node.name} is in several tables here.")
        if not found:
            raise self.refuse.no_column(node, scope)
        if not found[0].kind:
            raise self.refuse.unproven(node, f"the type of {node.name}")
        return found[0]

    def _cast(self, node: exp.Cast, scope: Scope) -> Term:
        kind, length = kind_of(self.refuse, node)
        given = self.of(node.this, scope)
        if isinstance(given, Term) and given.text is not None and kind == "decimal":
            return arithmetic.decimal_text(self.refuse, node, given.text)
        kind = "decimal(38,0)" if kind == "decimal" else kind
        sql = converted(given.sql, given.kind, kind, length)
        if sql is None:
            raise self.refuse.unproven(node, f"a cast of {given.kind} to {kind}")
        doubts = [found] if (found := doubt(given.sql, given.kind, kind)) else []
        self.doubts += doubts
        if isinstance(node, exp.TryCast):
            return Term(guarded(f"try({sql})", doubts), kind)
        return Term(f"({sql})", kind)

    def _extract(self, node: exp.Extract, scope: Scope) -> Term:
        field = node.name.lower()
        return self.named(_FIELDS.get(field, field), node, [node.expression], scope)

    def _case(self, node: exp.Case, scope: Scope) -> Term:
        branches = node.args["ifs"]
        if node.this is not None:
            tests: list[exp.Expr] = [
                exp.EQ(this=exp.paren(node.this), expression=b.this.copy()) for b in branches
            ]
        else:
            tests = [b.this for b in branches]
        default = node.args.get("default") or exp.Null()
        values = [*(b.args["true"] for b in branches), default]
        return self._choice(tests, values, scope)

    def _if(self, node: exp.If, scope: Scope) -> Term:
        values = [node.args["true"], node.args.get("false") or exp.Null()]
        return self._choice([node.this], values, scope)

    def _choice(self, tests: list[exp.Expr], values: list[exp.Expr], scope: Scope) -> Term:
        conditions = [self.condition(test, scope) for test in tests]
        *results, default = (alike := self.alike(values, [self.of(v, scope) for v in values]))[0]
        whens = (f"when {c} then {r}" for c, r in zip(conditions, results, strict=True))
        return Term(f"(case {' '.join(whens)} else {default} end)", alike[1])

    def _array(self, node: exp.Array, scope: Scope) -> Term:
        items, kind = self.alike(node.expressions, [self.of(n, scope) for n in node.expressions])
        kind = f"array({kind})"
        return Term(f"cast([{', '.join(items)}] as {for_duckdb(kind)})", kind)

    def _bracket(self, node: exp.Bracket, scope: Scope) -> Term:
        base, (place,) = self.of(node.this, scope), node.expressions
        name, inner = parts_of(base.kind)
        if name == "array":
            index = self.converted(place, self.of(place, scope), "bigint")
            return Term(f"trino_subscript({base.sql}, {index})", inner[0])
        if name == "map":
            key = self.converted(place, self.of(place, scope), inner[0])
            return Term(f"trino_of_map({base.sql}, {key})", inner[1])
        raise self.refuse.mismatch(node, f"Athena has no [..] of {base.kind}.")

    def _subquery(self, node: exp.Expr, scope: Scope) -> Term:
        relation = self._one_column(node, scope)
        return Term(f"({relation.sql})", relation.columns[0][1])

    def _one_column(self, node: exp.Expr, scope: Scope) -> Relation:
        relation = self._query(node, scope)
        if len(relation.columns) != 1:
            raise self.refuse.mismatch(node, "a subquery in a term has one column.")
        return relation

    def _in(self, node: exp.In, scope: Scope) -> Term:
        value = self.of(node.this, scope)
        if query := node.args.get("query"):
            return self.compared_with(node, "=", "any", value, query, scope)
        if not node.expressions:
            raise self.refuse.unproven(node, node.sql("trino"))
        terms = [value, *(self.of(item, scope) for item in node.expressions)]
        operators.require_comparable(self, node, terms)
        operators.require_order(self, node, terms)
        (first, *rest), kind = self.alike([node.this, *node.expressions], terms)
        if "unknown" in [term.kind for term in terms]:
            # Trino itself gives now NULL, now false.
            raise self.refuse.unproven(node, "NULL in a list of IN")
        if kind != "double":
            return Term(f"({first} in ({', '.join(rest)}))", "boolean")
        equal = (operators.compared(first, "=", item, kind) for item in rest)
        return Term(f"({' or '.join(equal)})", "boolean")

    def compared_with(
        self, node: exp.Expr, sign: str, word: str, value: Term, query: exp.Expr, scope: Scope
    ) -> Term:
        """A value compared with those of a subquery."""
        relation = self._one_column(query, scope)
        other = Term("compared.value", relation.columns[0][1])
        operators.require_comparable(self, node, [value, other])
        operators.require_order(self, node, [value, other])
        (left, right), kind = self.alike([node, node], [value, other])
        if kind == "double":
            raise self.refuse.unproven(node, "a double compared with those of a subquery")
        rows = f"select {right} from ({relation.sql}) as compared(value)"
        return Term(f"({left} {sign} {word} ({rows}))", "boolean")

    def _trim(self, node: exp.Trim, scope: Scope) -> Term:
        side = (node.text("position") or "both").lower()
        name = {"leading": "ltrim", "trailing": "rtrim", "both": "trim"}[side]
        return self.named(name, node, [node.this, node.args.get("expression")], scope)
