"""The functions whose DuckDB SQL depends on a literal or a type, by the names proven.py gives them.

Each takes the terms' writer, the call, its arguments as SQL and as terms, the type of the result
and what follows an aggregate.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from sqlglot import exp

from lakehouse.query import patterns
from lakehouse.query.arithmetic import quotient
from lakehouse.query.casts import converted
from lakehouse.query.kinds import digits_of
from lakehouse.query.operators import concatenated as _joined
from lakehouse.query.scopes import Scope, Term, text
from lakehouse.query.texts import doubt
from lakehouse.query.windows import ordering

if TYPE_CHECKING:
    from lakehouse.query.terms import Terms

Given = list[str]
Parts = list[Term]


def concatenated(t: Terms, node: exp.Expr, sql: Given, parts: Parts, kind: str, over: str) -> str:
    """Texts or arrays one after the other."""
    return _joined(sql, kind)


def truncated(t: Terms, node: exp.Expr, sql: Given, parts: Parts, kind: str, over: str) -> str:
    """A decimal cut after some digits, in the same type."""
    places = min(int(sql[1]), (digits_of(kind) or (0, 0))[1])
    if places < 0:
        raise t.refuse.unproven(node, "truncate before the point")
    return f"cast(trunc({sql[0]}, {places}) as {kind})"


def greatest(t: Terms, node: exp.Expr, sql: Given, parts: Parts, kind: str, over: str) -> str:
    """NULL when one is NULL."""
    return _extreme(t, node, "greatest", sql, kind)


def least(t: Terms, node: exp.Expr, sql: Given, parts: Parts, kind: str, over: str) -> str:
    """NULL when one is NULL."""
    return _extreme(t, node, "least", sql, kind)


def _extreme(t: Terms, node: exp.Expr, name: str, sql: Given, kind: str) -> str:
    if kind.startswith(("double", "array", "map", "json")):
        raise t.refuse.unproven(node, f"{name} of {kind}")
    unknown = " or ".join(f"{one} is null" for one in sql)
    return f"case when {unknown} then null else {name}({', '.join(sql)}) end"


def typeof(t: Terms, node: exp.Expr, sql: Given, parts: Parts, kind: str, over: str) -> str:
    """The type as Trino names it, where it has no length and no precision."""
    given = parts[0].kind
    if "varchar" in given or "timestamp" in given:
        raise t.refuse.unproven(node, f"typeof of {given}")
    return text(given)


def average(t: Terms, node: exp.Expr, sql: Given, parts: Parts, kind: str, over: str) -> str:
    """The mean of decimals has their own type."""
    scale = (digits_of(kind) or (0, 0))[1]
    return quotient(f"sum({sql[0]}){over}", f"count({sql[0]}){over}", (38, scale), (19, 0), kind)


def smallest(t: Terms, node: exp.Expr, sql: Given, parts: Parts, kind: str, over: str) -> str:
    """The smallest value of an order that is proven."""
    return _of_order(t, node, "min", sql, kind, over)


def largest(t: Terms, node: exp.Expr, sql: Given, parts: Parts, kind: str, over: str) -> str:
    """The largest value of an order that is proven."""
    return _of_order(t, node, "max", sql, kind, over)


def _of_order(t: Terms, node: exp.Expr, name: str, sql: Given, kind: str, over: str) -> str:
    if kind.startswith(("array", "map", "json")):
        raise t.refuse.unproven(node, f"{name} of {kind}")
    if name == "max" and kind == "double":
        # What is no number is the largest to DuckDB alone.
        numbers = f"max(case when isnan({sql[0]}) then null else {sql[0]} end){over}"
        return f"coalesce({numbers}, max({sql[0]}){over})"
    return f"{name}({sql[0]}){over}"


def text_as_date(t: Terms, node: exp.Expr, sql: Given, parts: Parts, kind: str, over: str) -> str:
    """As the cast."""
    t.doubts += [found] if (found := doubt(sql[0], "varchar", "date")) else []
    return converted(sql[0], "varchar", "date") or ""


def iso_date(t: Terms, node: exp.Expr, sql: Given, parts: Parts, kind: str, over: str) -> str:
    """A day as YYYY-MM-DD alone."""
    problem = "trino_error('a text is no date of the form YYYY-MM-DD')"
    is_proven = f"regexp_full_match({sql[0]}, '[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}')"
    t.doubts.append(f"regexp_full_match({sql[0]}, '[+-]?[0-9]+.*') and not {is_proven}")
    return (
        f"case when {sql[0]} is null then null when {is_proven}"
        f" then cast({sql[0]} as date) else {problem} end"
    )


def date_format(t: Terms, node: exp.Expr, sql: Given, parts: Parts, kind: str, over: str) -> str:
    """By MySQL's letters."""
    return f"strftime({sql[0]}, {text(patterns.of_mysql(t.refuse, node, parts[1].text or ''))})"


def format_datetime(
    t: Terms, node: exp.Expr, sql: Given, parts: Parts, kind: str, over: str
) -> str:
    """By Joda's letters."""
    return f"strftime({sql[0]}, {text(patterns.of_joda(t.refuse, node, parts[1].text or ''))})"


def date_parse(t: Terms, node: exp.Expr, sql: Given, parts: Parts, kind: str, over: str) -> str:
    """By MySQL's letters, where a year has four digits and no other field has more than two."""
    form, shape = patterns.to_parse(t.refuse, node, parts[1].text or "")
    is_proven = f"regexp_full_match({sql[0]}, {text(shape)})"
    wide = re.sub(r"\[0-9\]\{[^}]*\}", "[+-]?[0-9]+", shape)
    t.doubts.append(f"regexp_full_match({sql[0]}, {text(wide)}) and not {is_proven}")
    return (
        f"case when {sql[0]} is null then null when {is_proven}"
        f" then strptime({sql[0]}, {text(form)}) else trino_error('a text does not have the form of"
        f" date_parse') end"
    )


def regexp_like(t: Terms, node: exp.Expr, sql: Given, parts: Parts, kind: str, over: str) -> str:
    """Whether a part matches."""
    return f"regexp_matches({sql[0]}, {text(patterns.regexp(t.refuse, node, parts[1]).sql)})"


def regexp_extract(t: Terms, node: exp.Expr, sql: Given, parts: Parts, kind: str, over: str) -> str:
    """The first match, or NULL."""
    pattern = patterns.regexp(t.refuse, node, parts[1])
    group = int(sql[2]) if len(sql) > 2 else 0
    pattern.require_group(t.refuse, node, group)
    quoted = text(pattern.sql)
    found = f"regexp_extract({pattern.guarded(sql[0], t.doubts)}, {quoted}, {group})"
    return f"case when regexp_matches({sql[0]}, {quoted}) then {found} end"


def regexp_extract_all(
    t: Terms, node: exp.Expr, sql: Given, parts: Parts, kind: str, over: str
) -> str:
    """Every match."""
    pattern = patterns.regexp(t.refuse, node, parts[1], may_be_empty=False)
    return f"regexp_extract_all({pattern.guarded(sql[0], t.doubts)}, {text(pattern.sql)})"


def regexp_count(t: Terms, node: exp.Expr, sql: Given, parts: Parts, kind: str, over: str) -> str:
    """How many matches."""
    return f"len({regexp_extract_all(t, node, sql, parts, kind, over)})"


def regexp_replace(t: Terms, node: exp.Expr, sql: Given, parts: Parts, kind: str, over: str) -> str:
    """Every match replaced; `$1` in the text is a group."""
    pattern = patterns.regexp(t.refuse, node, parts[1], may_be_empty=False)
    new = patterns.replacement(t.refuse, node, pattern, parts[2].text or "") if len(sql) > 2 else ""
    given = pattern.guarded(sql[0], t.doubts)
    return f"regexp_replace({given}, {text(pattern.sql)}, {text(new)}, 'g')"


def regexp_split(t: Terms, node: exp.Expr, sql: Given, parts: Parts, kind: str, over: str) -> str:
    """What is between the matches."""
    pattern = patterns.regexp(t.refuse, node, parts[1], may_be_empty=False)
    return f"regexp_split_to_array({pattern.guarded(sql[0], t.doubts)}, {text(pattern.sql)})"


def json_extract_scalar(
    t: Terms, node: exp.Expr, sql: Given, parts: Parts, kind: str, over: str
) -> str:
    """The text of a value that is no object and no list."""
    path = parts[1].text or ""
    if not re.fullmatch(r"\$(\.[A-Za-z_]\w*|\[\d{1,6}\])*", path):
        raise t.refuse.unproven(node, f"the JSON path {path}")
    t.doubts.append(f"trino_json_number_in_doubt({sql[0]}, {text(path)})")
    return f"trino_json_scalar({sql[0]}, {text(path)})"


def listagg(terms: Terms, node: exp.GroupConcat, scope: Scope, over: str) -> Term:
    """Texts of a group, joined in an order."""
    inner, order = node.this, ""
    if isinstance(inner, exp.Order):
        order, inner = ordering(terms, inner.expressions, scope), inner.this
    if isinstance(inner, exp.Distinct) or node.args.get("on_overflow") or " over " in over:
        raise terms.refuse.unproven(node, "this form of listagg")
    value = terms.converted(inner, terms.of(inner, scope), "varchar")
    separator = node.args.get("separator")
    sign = terms.of(separator, scope).sql if separator is not None else "''"
    return Term(f"string_agg({value}, {sign}{order}){over}", "varchar")
