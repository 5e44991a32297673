"""Dates and times moved, counted and listed, by the units of a calendar."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlglot import exp

from lakehouse.query.scopes import Term

if TYPE_CHECKING:
    from lakehouse.query.terms import Terms

Given = list[str]
Parts = list[Term]
_MONTHS = {"month": 1, "quarter": 3, "year": 12}


def date_add(t: Terms, node: exp.Expr, sql: Given, parts: Parts, kind: str, over: str) -> str:
    """Moved by so many units; a month ends where it ends."""
    _require_no_zone(t, node, parts)
    unit = (parts[0].text or "").lower()
    if unit in _MONTHS:
        step = f"to_months(cast({sql[1]} * {_MONTHS[unit]} as integer))"
    else:
        step = (
            f"to_{unit}s(cast({sql[1]} as integer))"
            if unit in ("day", "week")
            else f"to_{unit}s({sql[1]})"
        )
    return f"cast({sql[2]} + {step} as {kind})"


def date_diff(t: Terms, node: exp.Expr, sql: Given, parts: Parts, kind: str, over: str) -> str:
    """Complete units from the first to the second."""
    _require_no_zone(t, node, parts)
    return f"date_sub({sql[0]}, {sql[1]}, {sql[2]})"


def _require_no_zone(t: Terms, node: exp.Expr, parts: Parts) -> None:
    """The hours of a day are not always 24 where a clock is moved twice a year."""
    if "zoned" in [part.kind for part in parts]:
        raise t.refuse.unproven(node, f"{node.name} by the clock of a time zone")


def at_timezone(t: Terms, node: exp.Expr, sql: Given, parts: Parts, kind: str, over: str) -> str:
    """The clock of a zone; only its fields, its day and its texts may be asked."""
    return f"timezone({sql[1]}, {sql[0]})"


def days(t: Terms, node: exp.Expr, sql: Given, parts: Parts, kind: str, over: str) -> str:
    """Every day, backwards where the end is earlier."""
    return (
        f"list_transform(trino_sequence(0, date_diff('day', {sql[0]}, {sql[1]}),"
        f" case when {sql[0]} <= {sql[1]} then 1 else -1 end),"
        f" lambda i: cast({sql[0]} + to_days(cast(i as integer)) as date))"
    )


def steps(t: Terms, node: exp.Expr, sql: Given, parts: Parts, kind: str, over: str) -> str:
    """Each value is the start moved by so many steps, so that the end of a month is no trap."""
    step, count = parts[2], int(parts[2].text or 0)
    name = kind[len("array(") : -1]
    if name == "date" and step.unit in ("hour", "minute", "second"):
        raise t.refuse.unproven(node, "a sequence of dates by less than a day")
    if count == 0:
        raise t.refuse.mismatch(node, "the step of sequence may not be zero.")
    moved = f"cast({sql[0]} + to_{step.unit}s(i * {count}) as {name})"
    if step.unit in ("month", "year"):
        moved = moved.replace("i *", "cast(i as integer) *")
    units = f"date_diff('{step.unit}', {sql[0]}, {sql[1]})"
    sign = "<=" if count > 0 else ">="
    wrong = f"{sql[0]} {'>' if count > 0 else '<'} {sql[1]}"
    return (
        f"case when {sql[0]} is null or {sql[1]} is null then null"
        f" when {wrong} then trino_error('sequence ends before it starts')"
        f" else list_filter(list_transform(trino_sequence(0, {units} // ({count}), 1),"
        f" lambda i: {moved}), lambda x: x {sign} {sql[1]}) end"
    )
