"""Only a single statement that reads gets past here, as a tree whose calls keep their names.

It is an allow-list: what is not known to be harmless is refused. queries.py reads every part of the
tree and refuses what it does not know; the connection is locked besides (engine.py), so that a gap
here opens no file.
"""

from __future__ import annotations

import re
from typing import Any, ClassVar

from sqlglot import exp, parse_one, tokenize
from sqlglot.dialects import Trino
from sqlglot.errors import ParseError, TokenError
from sqlglot.tokenizer_core import Token, TokenType

from lakehouse.query.parts import unread
from lakehouse.query.refusals import Refusals
from orchestration.project.sql_places import Place, fault, place_at

DIALECT = "trino"
_STARTS = ("select", "with", "values", "table", "(", "explain")
_SHOWS = ("show", "describe", "desc")
# What has its end is taken whole, so that a lone sign is one without.
_SIGNS = ("'", '"', "/*")
_CLOSED_OR_OPEN = re.compile(r"""('|")(?:(?!\1).|\1\1)*\1|--[^\n]*|/\*.*?\*/|['"]|/\*""", re.DOTALL)
_EXPLAIN = re.compile(r"\s*explain(?=[\s(])", re.IGNORECASE)
_READS_ONLY = (
    "`lakehouse query` only reads: ask with SELECT, WITH, VALUES, SHOW, DESCRIBE, EXPLAIN."
)
_FIX_THE_SQL = "Fix the SQL and ask again."
# Signs of other databases, which the parser would take.
_FOREIGN = {
    "::": "cast(... as ...)",
    "==": "=",
    "<=>": "is not distinct from",
    "!": "not",
    "??": "coalesce(...)",
}
# Calls that the language writes in a way of its own; all others are a name and a list.
_SPECIAL_CALLS = ("CAST", "TRY_CAST", "EXTRACT", "POSITION", "TRIM", "SUBSTRING", "LISTAGG")


class Athena(Trino):  # type: ignore[misc]
    """Trino's grammar with no function known, so that none is taken for one of another name."""

    INDEX_OFFSET = 0

    class Parser(Trino.Parser):  # type: ignore[misc]
        """The parser."""

        FUNCTIONS: ClassVar[dict[str, Any]] = {}
        FUNCTION_PARSERS: ClassVar[dict[str, Any]] = {
            name: parse
            for name, parse in Trino.Parser.FUNCTION_PARSERS.items()
            if name in _SPECIAL_CALLS
        }


def only_statement(sql: str) -> str:
    """The one statement of a text, without the semicolon at its end.

    Raises:
        LakehouseError: There is none, more than one, or one that does not read.
    """
    tokens = _tokens(sql)
    ends = [number for number, token in enumerate(tokens) if _is(token, TokenType.SEMICOLON)]
    first_end = ends[0] if ends else len(tokens)
    further = next((t for t in tokens[first_end:] if not _is(t, TokenType.SEMICOLON)), None)
    if first_end == 0:
        raise fault(sql, None, "There is no SQL to run.", "Try: lakehouse query 'show tables'")
    if further is not None:
        problem = "a second statement begins here; a query is one statement."
        raise fault(sql, _place(further), problem, "Ask them one after the other.")
    first = tokens[0]
    if first.text.lower() not in _STARTS + _SHOWS:
        raise fault(sql, _place(first), f"{first.text.upper()} is refused.", _READS_ONLY)
    return sql[: tokens[first_end].start] if ends else sql


def is_show(statement: str) -> bool:
    """Whether it asks for tables or columns rather than for rows."""
    return _tokens(statement)[0].text.lower() in _SHOWS


def without_explain(statement: str) -> tuple[bool, str]:
    """Whether EXPLAIN leads, and the query with blanks in its place, so that places stay."""
    found = _EXPLAIN.match(statement)
    if found is None:
        return False, statement
    return True, re.sub(r"\S", " ", found[0]) + statement[found.end() :]


def read_query(sql: str) -> exp.Query:
    """The tree of a query that may run.

    Raises:
        LakehouseError: It is no SQL of Athena, or does more than to read.
    """
    tokens = _tokens(sql)
    if foreign := next((t for t in tokens if sql[t.start : t.end + 1] in _FOREIGN), None):
        problem = f"Athena has no sign {foreign.text}."
        raise fault(sql, _place(foreign), problem, f"Write {_FOREIGN[foreign.text]}.")
    try:
        tree = parse_one(sql, dialect=Athena)
    except ParseError as error:
        raise _misread(sql, tokens, error) from None
    if isinstance(tree, exp.Table):  # `table gold.daily_sales`
        tree = exp.select("*").from_(tree)
    if isinstance(tree, exp.Values):
        ends = {name: tree.args.pop(name, None) for name in ("order", "limit", "offset")}
        tree = exp.select("*").from_(exp.alias_(tree, "rows", table=True))
        tree.args.update(ends)
    if not isinstance(tree, exp.Query) or _writes(tree):
        raise fault(sql, _place(tokens[0]), "this does more than to read.", _READS_ONLY)
    if lost := unread(tree):
        raise Refusals(sql).unproven(lost[0], f"{lost[1].upper()} at this place")
    return tree


def _writes(tree: exp.Expr) -> bool:
    inner = (cte.this for cte in tree.find_all(exp.CTE))
    return not all(isinstance(part, exp.Query) for part in inner) or any(
        tree.find_all(
            exp.DML, exp.Create, exp.Drop, exp.Alter, exp.Command, exp.Into, exp.Lock, exp.Parameter
        )
    )


def _tokens(sql: str) -> list[Token]:
    try:
        return tokenize(sql, read=DIALECT)
    except TokenError:
        parts = (found for found in _CLOSED_OR_OPEN.finditer(sql) if found[0] in _SIGNS)
        found = next(parts, None)
        place = Place(found.start(), len(found[0])) if found else None
        problem = "a text, a name or a comment begins here and does not end."
        raise fault(sql, place, problem, "Close it and ask again.") from None


def _misread(sql: str, tokens: list[Token], error: ParseError) -> Exception:
    """The parser's error, at the word it could not take."""
    first = error.errors[0]
    text = first.get("highlight") or ""
    start = len(sql) if not text else None
    if start is None:
        # The parser counts columns to the end of the word.
        end = place_at(sql, first["line"], first["col"]).start
        start = end - len(text) + 1
    word = next((token for token in tokens if token.start <= start <= token.end), None)
    place = _place(word) if word else Place(start, len(text))
    return fault(sql, place, f"the SQL can't be read at {text or 'its end'!r}.", _FIX_THE_SQL)


def _place(token: Token) -> Place:
    return Place(token.start, token.end - token.start + 1)


def _is(token: Token, kind: TokenType) -> bool:
    return token.token_type == kind
