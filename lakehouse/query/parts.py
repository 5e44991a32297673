"""The parts of a node that a rule reads; a query with any other part is refused.

The parser keeps NOT, DISTINCT and the like as marks beside a node. A mark that no rule looks at
would be lost in silence, so this is the list of those that are looked at.
"""

from __future__ import annotations

from sqlglot import exp

# All have `this`, `expression` and `expressions`. A kind that is not listed has no other part.
_READ: dict[type[exp.Expr], str] = {
    exp.Alias: "alias",
    exp.Array: "value_constructor",
    exp.AtTimeZone: "zone",
    exp.Between: "low high",
    exp.Case: "ifs default",
    exp.Cast: "to",
    exp.Column: "table db",
    exp.CTE: "alias",
    exp.DataType: "nested",
    exp.Div: "typed",  # as the grammar says it of every division
    exp.Fetch: "count direction limit_options",
    exp.GroupConcat: "separator",
    exp.Identifier: "quoted",
    exp.If: "true false",
    exp.In: "query",
    exp.Interval: "unit",
    exp.Like: "negate",
    exp.LimitOptions: "rows",
    exp.Literal: "is_string",
    exp.Ordered: "desc nulls_first",
    exp.StrPosition: "substr",
    exp.Subquery: "alias with_ order limit offset",
    exp.Substring: "start length",
    exp.TableAlias: "columns",
    exp.Trim: "position",
    exp.TryCast: "to safe",
    exp.Unnest: "alias offset",
    exp.Values: "alias",
    exp.Version: "kind",
    exp.Window: "partition_by order spec alias over",
    exp.WindowSpec: "kind start start_side end end_side",
}
# Their rules look at every part, and say more about one that they refuse.
_READ_WHOLE = (exp.Select, exp.SetOperation, exp.Table, exp.Join, exp.Group, exp.Star, exp.Distinct)
_OF_ALL: tuple[str, ...] = ("this", "expression", "expressions")
_OF_ONE: dict[type[exp.Expr], tuple[str, ...]] = dict.fromkeys(
    (exp.Limit, exp.Offset), ("expression",)
)


def unread(tree: exp.Expr) -> tuple[exp.Expr, str] | None:
    """The first node with a part that no rule reads, and the name of the part."""
    for node in tree.walk():
        if isinstance(node, _READ_WHOLE):
            continue
        known = {*_OF_ONE.get(type(node), _OF_ALL), *_READ.get(type(node), "").split()}
        for name, value in node.args.items():
            if value and name not in known and not name.startswith("_"):
                return node, name.rstrip("_")
    return None
