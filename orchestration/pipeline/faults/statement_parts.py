"""The part of a statement that an engine refuses, found by asking it for one CTE after the other.

Data flow: statement -> its CTEs -> the first that fails with those before it -> what it reads
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import sqlglot
from sqlglot import Token, TokenType
from sqlglot.errors import SqlglotError

# Columns of the answer to a query that reads no row; None if the engine refuses it.
Ask = Callable[[str], list[str] | None]
_READS = (TokenType.FROM, TokenType.JOIN)


@dataclass(frozen=True)
class Part:
    """A stretch of the statement with one select in it.

    Attributes:
        sql: The whole statement.
        tokens: Of the part.
        name: Of the CTE that it is; empty for the last select.
        before: The CTEs that it may read: names and texts.
    """

    sql: str
    tokens: tuple[Token, ...]
    name: str
    before: tuple[tuple[str, str], ...]

    def query(self, relation: str) -> str:
        """A query for the columns of what this part may read."""
        return _query(list(self.before), relation)

    def wrapped(self, select: str) -> str:
        """A query for the columns of a select in the place of this part."""
        return _query([*self.before, ("asked", select)], "asked")

    def relations(self) -> Iterator[tuple[str, str]]:
        """What it reads, and the name that it has in it."""
        for place, token in enumerate(self.tokens):
            if token.token_type in _READS:
                names = []
                rest = place + 1
                while rest < len(self.tokens) and _is_name(self.tokens[rest]):
                    names.append(self.tokens[rest].text)
                    if rest + 1 >= len(self.tokens) or self.tokens[rest + 1].text != ".":
                        break
                    rest += 2
                if names:
                    yield ".".join(names), self._alias(rest + 1) or names[-1]

    def _alias(self, place: int) -> str | None:
        after = self.tokens[place : place + 2]
        if len(after) == 2 and after[0].token_type == TokenType.ALIAS:
            return after[1].text
        return None


def failing_part(sql: str, ask: Ask) -> Part | None:
    """The innermost CTE, or the last select, with which the statement begins to fail."""
    try:
        tokens = tuple(sqlglot.tokenize(sql, read="spark"))
    except SqlglotError:
        return None
    part = Part(sql, tokens, "", ())
    while ctes := list(_ctes(part.tokens)):
        before = list(part.before)
        for name, first, last in ctes:
            inner = part.tokens[first : last + 1]
            text = sql[inner[0].start : inner[-1].end + 1] if inner else ""
            if ask(_query([*before, (name, text)], name)) is None:
                part = Part(sql, inner, name, tuple(before))
                break
            before.append((name, text))
        else:
            end = ctes[-1][2] + 2
            return Part(sql, part.tokens[end:], "", tuple(before))
    return part


def _query(ctes: list[tuple[str, str]], relation: str) -> str:
    listed = ", ".join(f"{name} as ({text})" for name, text in ctes)
    return f"{f'with {listed} ' if ctes else ''}select * from {relation} limit 0"


def _ctes(tokens: tuple[Token, ...]) -> Iterator[tuple[str, int, int]]:
    """Name of each CTE of the first `with`, and the first and the last token in its parentheses."""
    place = next((n for n, token in enumerate(tokens) if token.token_type == TokenType.WITH), None)
    while place is not None and place + 3 < len(tokens):
        name, _, bracket = tokens[place + 1 : place + 4]
        if bracket.token_type != TokenType.L_PAREN:
            return
        last = _closing(tokens, place + 3)
        if last is None:
            return
        yield name.text, place + 4, last - 1
        follows = tokens[last + 1] if last + 1 < len(tokens) else None
        place = last + 1 if follows and follows.token_type == TokenType.COMMA else None


def _closing(tokens: tuple[Token, ...], place: int) -> int | None:
    depth = 0
    for number in range(place, len(tokens)):
        depth += tokens[number].token_type == TokenType.L_PAREN
        depth -= tokens[number].token_type == TokenType.R_PAREN
        if not depth:
            return number
    return None


def _is_name(token: Token) -> bool:
    return token.text[:1].isalpha() or token.text[:1] == "_"
