"""From Trino's SQL to DuckDB's: what sqlglot leaves to be done and needs no types.

Each rule stands here because the same text would mean something else; typed.py has those that
depend on types. docs/decisions/0021-query-by-duckdb.md lists what stays different.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from sqlglot import exp

from lakehouse.query.tables import place_of
from orchestration.project.sql_places import fault

# Functions of Trino under which DuckDB has nothing, or something else.
MACROS = """
create macro trino_half_up(n, d) as sign(n) * sign(d) * ((2 * abs(n) + abs(d)) // (2 * abs(d)));
create macro array_join(list, separator) as array_to_string(list, separator);
create macro day_of_month(moment) as day(moment);
create macro year_of_week(moment) as isoyear(moment);
create macro yow(moment) as isoyear(moment);
create macro is_nan(number) as isnan(number);
create macro is_finite(number) as isfinite(number);
create macro is_infinite(number) as isinf(number);
create macro to_unixtime(moment) as epoch(moment);
create macro nan() as cast('nan' as double);
create macro infinity() as cast('infinity' as double);
create macro array_union(one, other) as list_distinct(list_concat(one, other));
create macro arrays_overlap(one, other) as list_has_any(one, other);
create macro map_agg(name, value) as map_from_entries(list({'k': name, 'v': value}));
create macro to_iso8601(moment) as case
    when typeof(moment) = 'DATE' then strftime(moment, '%Y-%m-%d')
    else strftime(moment, '%Y-%m-%dT%H:%M:%S.%gZ') end;
create macro e() as exp(1);
create macro codepoint(letter) as unicode(letter);
"""
# Joda's letters, which format_datetime takes, to those of strftime.
_JODA = {
    "yyyy": "%Y",
    "YYYY": "%Y",
    "xxxx": "%G",
    "yy": "%y",
    "MMMM": "%B",
    "MMM": "%b",
    "MM": "%m",
    "M": "%-m",
    "dd": "%d",
    "d": "%-d",
    "EEEE": "%A",
    "EEE": "%a",
    "e": "%u",
    "ww": "%V",
    "HH": "%H",
    "H": "%-H",
    "hh": "%I",
    "mm": "%M",
    "ss": "%S",
    "a": "%p",
}
_JODA_PART = re.compile(r"'([^']*)'|([A-Za-z])\2*|[^A-Za-z']+")


def bridge(sql: str, tree: exp.Query) -> exp.Query:
    """The tree with every rule applied, names of the result's columns included."""
    _name_columns(tree)
    for node in list(tree.walk()):
        rule = _RULES.get(type(node))
        if rule is not None:
            replacement = rule(sql, node)
            if replacement is not None:
                node.replace(replacement)
    return tree


def _name_columns(tree: exp.Query) -> None:
    """Athena calls a column without a name by its position."""
    first: exp.Expr = tree
    while isinstance(first, exp.SetOperation | exp.Subquery):
        first = first.this
    if isinstance(first, exp.Select):
        for number, column in enumerate(list(first.expressions)):
            if not isinstance(column, exp.Alias | exp.Column | exp.Star):
                column.replace(exp.alias_(column.copy(), f"_col{number}"))


def _complete_units(sql: str, node: exp.DateDiff) -> exp.Expr:
    """Trino counts units that are complete; DuckDB's function of that name counts borders."""
    unit = exp.Literal.string((node.text("unit") or "day").lower())
    return exp.func("date_sub", unit, node.expression.copy(), node.this.copy(), dialect="duckdb")


def _format_datetime(sql: str, node: exp.Anonymous) -> exp.Expr | None:
    if node.name.lower() != "format_datetime" or len(node.expressions) != 2:
        return None
    moment, pattern = node.expressions
    if not pattern.is_string:
        problem = "format_datetime needs its pattern as a text here."
        raise fault(sql, place_of(node), problem, "Write the pattern itself, such as 'yyyy-MM'.")
    return exp.Anonymous(
        this="strftime", expressions=[moment.copy(), exp.Literal.string(_strftime(sql, pattern))]
    )


def _strftime(sql: str, pattern: exp.Expr) -> str:
    parts = []
    for part in _JODA_PART.finditer(pattern.name):
        quoted, letter = part[1], part[2]
        if letter and part[0] not in _JODA:
            problem = f"{part[0]!r} of this pattern is not known here."
            known = ", ".join(_JODA)
            raise fault(sql, place_of(pattern), problem, f"Known are {known}.")
        plain = quoted or ("'" if quoted == "" else part[0])
        parts.append(_JODA[part[0]] if letter else plain.replace("%", "%%"))
    return "".join(parts)


def _of_this_table(sql: str, node: exp.Column) -> None:
    """`gold.daily_sales.order_date` is the same column when the table has an alias or a version."""
    node.set("db", None)
    node.set("catalog", None)


_RULES: dict[type[exp.Expr], Callable[..., exp.Expr | None]] = {
    exp.DateDiff: _complete_units,
    exp.Anonymous: _format_datetime,
    exp.Column: _of_this_table,
}
