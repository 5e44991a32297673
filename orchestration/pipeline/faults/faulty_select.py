"""What is wrong in a select that an engine refuses without saying where, or in words of its plan.

Data flow: a part of a statement -> its select -> a comma too many, a column that is neither grouped
by nor in an aggregate, or the first column that the engine refuses when asked for it alone
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import sqlglot
from sqlglot import Token, TokenType, exp
from sqlglot.errors import SqlglotError

from orchestration.pipeline.faults.statement_parts import Ask, Part
from orchestration.project.sql_places import Place


@dataclass(frozen=True)
class Found:
    """What is wrong.

    Attributes:
        place: Where in the statement.
        problem: What is wrong there; empty if only the engine can say.
    """

    place: Place
    problem: str = ""


def comma_before_from(part: Part) -> Found | None:
    """A comma behind the last column: an engine takes the `from` for one more."""
    for token, following in pairwise(part.tokens):
        if token.token_type == TokenType.COMMA and following.token_type == TokenType.FROM:
            return Found(Place(token.start, 1), "there is a comma too many before `from`.")
    return None


def refused_column(part: Part, ask: Ask) -> Found | None:
    """The first column of the select that the engine refuses alone, where it takes others alone."""
    columns, rest = _columns(part.tokens)
    read = part.sql[rest[0] : rest[1]] if rest else ""
    texts = [part.sql[first.start : last.end + 1] for first, last in columns]
    refused = [
        Found(Place(first.start, last.end - first.start + 1))
        for (first, last), text in zip(columns, texts, strict=True)
        if ask(part.wrapped(f"select {text} {read}")) is None
    ]
    return refused[0] if 0 < len(refused) < len(columns) else None


def _columns(tokens: tuple[Token, ...]) -> tuple[list[tuple[Token, Token]], tuple[int, int] | None]:
    """First and last token of each column of the select, and where what follows them stands."""
    columns: list[tuple[Token, Token]] = []
    depth, first = 0, None
    for place, token in enumerate(tokens):
        depth += (token.token_type == TokenType.L_PAREN) - (token.token_type == TokenType.R_PAREN)
        if depth < 0:
            break
        is_from = depth == 0 and token.token_type == TokenType.FROM
        if first is not None and (is_from or (depth == 0 and token.token_type == TokenType.COMMA)):
            columns.append((tokens[first], tokens[place - 1]))
            first = place + 1
        if first is None and token.token_type == TokenType.SELECT:
            first = place + 1
        if is_from:
            return columns, (token.start, _end(tokens[place:]))
    return columns, None


def _end(tokens: tuple[Token, ...]) -> int:
    """Behind the last token before the bracket that closes what the select stands in."""
    depth, end = 0, tokens[0].end
    for token in tokens:
        depth += (token.token_type == TokenType.L_PAREN) - (token.token_type == TokenType.R_PAREN)
        if depth < 0:
            break
        end = token.end
    return end + 1


def ungrouped(part: Part) -> Found | None:
    """The first column of the part's select that is neither grouped by nor in an aggregate."""
    select = _select_of(part)
    group = select.args.get("group") if select else None
    keys = {key.sql().lower() for key in (group.expressions if group else ())}
    projections = [one.unalias() for one in select.expressions] if select else []
    if not group and not any(map(_has_aggregate, projections)):
        return None
    for projection in projections:
        for column in projection.find_all(exp.Column):
            names = {column.sql().lower(), column.name.lower(), projection.sql().lower()}
            if not names & keys and not _is_in_aggregate(column):
                first, last = column.parts[0].meta, column.parts[-1].meta
                if "start" not in first:
                    continue
                start = part.tokens[0].start + first["start"]
                place = Place(start, last["end"] - first["start"] + 1)
                return Found(place, f"{column.sql()} is neither in `group by` nor in an aggregate.")
    return None


def _select_of(part: Part) -> exp.Select | None:
    text = part.sql[part.tokens[0].start : part.tokens[-1].end + 1] if part.tokens else ""
    # A wrapper of dbt ends behind the last select.
    for cut in (text, text.rpartition(")")[0]):
        try:
            parsed = sqlglot.parse_one(cut, read="spark")
        except SqlglotError:
            continue
        return parsed if isinstance(parsed, exp.Select) else None
    return None


def _has_aggregate(projection: exp.Expr) -> bool:
    return any(map(_is_plain, projection.find_all(exp.AggFunc)))


def _is_in_aggregate(column: exp.Expr) -> bool:
    above = column.parent
    while above is not None:
        if isinstance(above, exp.AggFunc) and _is_plain(above):
            return True
        above = above.parent
    return False


def _is_plain(aggregate: exp.Expr) -> bool:
    """It is no window function."""
    return not isinstance(aggregate.parent, exp.Window)
