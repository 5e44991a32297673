"""GROUP BY: columns, ordinals, GROUPING SETS, ROLLUP and CUBE."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlglot import exp

from lakehouse.query.scopes import Scope

if TYPE_CHECKING:
    from lakehouse.query.terms import Terms


def grouping(terms: Terms, node: exp.Group, scope: Scope) -> str:
    """GROUP BY with its sets."""
    for name, value in node.args.items():
        if value and name not in ("expressions", "rollup", "cube", "grouping_sets"):
            raise terms.refuse.unproven(node, f"GROUP BY {name.upper()}")
    parts = [_set_of(terms, item, scope) for item in node.expressions]
    for name in ("rollup", "cube", "grouping_sets"):
        parts += [_set_of(terms, item, scope) for item in node.args.get(name) or []]
    return f" group by {', '.join(parts)}"


def _set_of(terms: Terms, item: exp.Expr, scope: Scope) -> str:
    words = {exp.GroupingSets: "grouping sets ", exp.Rollup: "rollup ", exp.Cube: "cube "}
    word = next((word for kind, word in words.items() if isinstance(item, kind)), "")
    if word or isinstance(item, exp.Tuple):
        inner = ", ".join(_set_of(terms, part, scope) for part in item.expressions)
        return f"{word}({inner})"
    if isinstance(item, exp.Literal) and not item.is_string:
        return item.name
    if isinstance(item, exp.Paren):
        return f"({_set_of(terms, item.this, scope)})"
    return terms.of(item, scope).sql
