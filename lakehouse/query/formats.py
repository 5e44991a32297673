"""format() with the letters of Java that are proven."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from sqlglot import exp

from lakehouse.query.kinds import digits_of
from lakehouse.query.scopes import Term, text

if TYPE_CHECKING:
    from lakehouse.query.terms import Terms

_SPECIFIER = re.compile(r"%(?:(%)|(,?)(0?)(\d*)(?:\.(\d))?([sdf]))")


def formatted(
    t: Terms, node: exp.Expr, sql: list[str], parts: list[Term], kind: str, over: str
) -> str:
    """Texts and numbers by the letters of Java that are proven: %s, %d, %,d, %.2f, %,.2f."""
    pattern, written, place, given = parts[0].text or "", [], 0, 0
    for found in _SPECIFIER.finditer(pattern):
        written.append(text(pattern[place : found.start()]))
        place = found.end()
        if found[1]:
            written.append("'%'")
            continue
        given += 1
        if given >= len(parts):
            raise t.refuse.mismatch(node, f"format has fewer values than {pattern!r} wants.")
        written.append(_value(t, node, found, parts[given]))
    rest = pattern[place:]
    if "%" in rest or any("%" in part.replace("'%'", "") for part in written[::2] if part):
        raise t.refuse.unproven(node, f"the format {pattern!r}")
    return " || ".join([*written, text(rest)])


def _value(t: Terms, node: exp.Expr, found: re.Match[str], term: Term) -> str:
    letter, places, width = found[6], found[5], found[4]
    exact = digits_of(term.kind)
    if letter == "s" and term.kind == "varchar" and not (places or width or found[2]):
        return f"coalesce({term.sql}, 'null')"
    if letter == "d" and exact and exact[1] == 0 and not term.kind.startswith("decimal"):
        value = f"cast({term.sql} as hugeint)"
        if not width:
            return f"coalesce({_grouped(value, f'{term.sql} < 0', bool(found[2]))}, 'null')"
    if letter == "f" and not width and (term.kind.startswith("decimal") or term.kind == "double"):
        digits = int(places or 6)
        value = term.sql if exact else f"trino_digits({term.sql})"
        value = f"cast({value} as decimal(38,{digits}))"
        if exact:
            unknown = text("null"[: int(places)] if places else "null")
            return f"coalesce({_grouped(value, f'{term.sql} < 0', bool(found[2]))}, {unknown})"
        special = f"when isnan({term.sql}) then 'NaN' when isinf({term.sql}) then "
        special += f"case when {term.sql} > 0 then 'Infinity' else '-Infinity' end"
        negative = f"{term.sql} < 0 or 1 / {term.sql} = cast('-infinity' as double)"
        whole = _grouped(value, negative, bool(found[2]))
        unknown = text("null"[: int(places)] if places else "null")
        return f"case when {term.sql} is null then {unknown} {special} else {whole} end"
    raise t.refuse.unproven(node, f"{found[0]} of {term.kind} in a format")


def _grouped(value: str, negative: str, is_grouped: bool) -> str:
    """The digits of a number, with a comma before each three where that is wished."""
    plain = f"cast(abs({value}) as varchar)"
    shown = f"trino_grouped({plain})" if is_grouped else plain
    return f"case when {negative} then '-' else '' end || {shown}"
