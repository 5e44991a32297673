"""A statement that an engine refused, explained by the file it was made of: line, caret, near name.

Data flow: statement + the engine's words -> kind and name -> the part that fails -> place in the
file -> a message as of `lakehouse query`
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from sqlglot import Token, exp
from sqlglot.dialects.spark import Spark

from orchestration import project
from orchestration.pipeline.faults.engine_words import (
    NOT_THE_TEST,
    Kind,
    Refusal,
    in_a_sentence,
    refusal_of,
)
from orchestration.pipeline.faults.faulty_select import (
    Found,
    comma_before_from,
    refused_column,
    ungrouped,
)
from orchestration.pipeline.faults.statement_parts import Ask, Part, failing_part
from orchestration.project.source_places import place_in_source
from orchestration.project.sql_places import Place, close_to, fault

_NODE = re.compile(r'"node_id": "(?P<kind>\w+)\.\w+\.(?P<name>\w+)')
_FILES = ("models/*/{name}.sql", "tests/dbt/{name}.sql")
# The folder of a model is its layer, but for the rollups.
_LAYER = {"intermediate": "silver"}


def explained(statement: str, message: str, ask: Ask) -> str | None:
    """What is wrong in the file of the statement's node; None if it can't be told.

    Args:
        statement: As it was run, dbt's comment included.
        message: The engine's words, without its plan and stack.
        ask: Runs a query that reads no row.
    """
    node = _NODE.search(statement.partition("*/")[0])
    path = _file_of(node["name"]) if node else None
    if node is None or path is None:
        return None
    refusal = _at_a_word(refusal_of(message, statement), statement)
    part = None if refusal.kind == Kind.SYNTAX else failing_part(statement, ask)
    found = _found(refusal, part, ask) if part else None
    place = found.place if found else _place(refusal, part)
    if place is None:
        return None
    known = found.problem if found else ""
    problem = known or _problem(refusal, message, statement, part, ask)
    words = _in_file(path, statement, place, problem)
    if node["kind"] == "unit_test":
        name = path.relative_to(project.PROJECT_FOLDER).as_posix()
        return f"{NOT_THE_TEST}: {name}\n{words}"
    return words


def _file_of(name: str) -> Path | None:
    found = (project.PROJECT_FOLDER.glob(pattern.format(name=name)) for pattern in _FILES)
    return next((path for paths in found for path in paths), None)


def _in_file(path: Path, statement: str, place: Place, problem: str) -> str:
    source = path.read_text(encoding="utf-8")
    there, is_written = place_in_source(source, statement, place)
    if not is_written:
        start = statement.rfind("\n", 0, place.start) + 1
        problem += f" A template makes it: {statement[start:].split(chr(10), 1)[0].strip()}"
    return fault(source, there, problem, "").problem


def _at_a_word(refusal: Refusal, statement: str) -> Refusal:
    """Where a call begins a line, the fault is before it: the bracket is only where it shows."""
    if refusal.kind != Kind.SYNTAX or refusal.start is None or refusal.name != "(":
        return refusal
    word = re.search(r"\n\s*(\w+)\s*$", statement[: refusal.start])
    return replace(refusal, name=word[1], start=word.start(1)) if word else refusal


def _found(refusal: Refusal, part: Part, ask: Ask) -> Found | None:
    """What the engine's words do not say, or say of something else."""
    if comma := comma_before_from(part):
        return comma
    if refusal.kind != Kind.OTHER:
        return None
    return ungrouped(part) or (refused_column(part, ask) if refusal.start is None else None)


def _place(refusal: Refusal, part: Part | None) -> Place | None:
    if refusal.start is not None:
        return Place(refusal.start, max(len(refusal.name), 1))
    if part is None or not part.tokens:
        return None
    named = _named(part.tokens, refusal.name.split(".")) if refusal.name else None
    return named or _span(part.tokens[0])


def _named(tokens: tuple[Token, ...], name: list[str]) -> Place | None:
    """Where the name stands with all of its parts, else with its last one."""
    texts = [token.text.lower() for token in tokens]
    wanted = [part.lower() for part in name]
    written = [text for part in wanted for text in (part, ".")][:-1]
    for number in range(len(tokens) - len(written) + 1):
        if texts[number : number + len(written)] == written:
            first, last = tokens[number], tokens[number + len(written) - 1]
            return Place(first.start, last.end - first.start + 1)
    spoken = (token for token, text in zip(tokens, texts, strict=True) if text == wanted[-1])
    return next(map(_span, spoken), None)


def _span(token: Token) -> Place:
    return Place(token.start, token.end - token.start + 1)


def _problem(refusal: Refusal, message: str, statement: str, part: Part | None, ask: Ask) -> str:
    if refusal.kind == Kind.SYNTAX:
        return f"syntax error at {refusal.name}.{_syntax_hint(refusal, statement)}"
    if refusal.kind == Kind.AMBIGUOUS:
        return f"{refusal.name} is ambiguous: several tables have it. Name its table, too."
    if refusal.kind == Kind.OTHER:
        return f"{in_a_sentence(message)}."
    close = close_to(refusal.name.lower(), _names(refusal, part, ask))
    hint = f" Did you mean {' or '.join(close)}?" if close else ""
    return f"there is no {refusal.kind.value} {refusal.name}.{hint}"


def _names(refusal: Refusal, part: Part | None, ask: Ask) -> list[str]:
    """The names that may be meant, as they would be written."""
    if refusal.kind == Kind.FUNCTION:
        return [name.lower() for name in exp.FUNCTION_BY_NAME]
    if part is None:
        return []
    if refusal.kind == Kind.TABLE:
        return [*(name for name, _ in part.before), *_tables()]
    *qualifier, _ = refusal.name.split(".")
    relations = list(part.relations())
    chosen = [what for what, name in relations if [name] == qualifier[-1:]]
    prefix = f"{qualifier[-1]}." if chosen else ""
    read = chosen or [what for what, _ in relations]
    return [f"{prefix}{column}" for what in read for column in ask(part.query(what)) or ()]


def _tables() -> Iterable[str]:
    """Names of tables that a model may read, as it would write them."""
    for path in project.PROJECT_FOLDER.glob("models/*/*.sql"):
        yield from (path.stem, f"{_LAYER.get(path.parent.name, path.parent.name)}.{path.stem}")


def _syntax_hint(refusal: Refusal, statement: str) -> str:
    keywords = {word.lower() for word in Spark.Tokenizer.KEYWORDS if word.isalpha()}
    word = refusal.name.lower()
    if word not in keywords and (close := close_to(word, keywords, likeness=0.8)):
        return f" Did you mean {' or '.join(close)}?"
    before = statement[: refusal.start].rstrip()
    if before.endswith(","):
        return " Is the comma before it one too many?"
    return " Is a comma missing before it?" if re.search(r"[\w)'\"`]$", before) else ""
