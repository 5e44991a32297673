"""What an engine says of a statement that it refuses, in terms that both engines share."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum
from textwrap import dedent


class Kind(Enum):
    """What is wrong in a statement."""

    SYNTAX = "syntax"
    TABLE = "table"
    COLUMN = "column"
    FUNCTION = "function"
    AMBIGUOUS = "ambiguous"
    OTHER = "other"


@dataclass(frozen=True)
class Refusal:
    """A statement that was refused.

    Attributes:
        kind: What is wrong.
        name: The name that is, its parts joined by points; of a syntax error the word found.
        start: Where in the statement, None if the engine does not say.
        expected: What a syntax error expected, in the engine's words.
    """

    kind: Kind
    name: str
    start: int | None = None
    expected: str = ""


_SAIL_PART = r'Identifier\("((?:[^"\\]|\\.)*)"\)'
_SAIL = (
    (Kind.AMBIGUOUS, re.compile(r"ambiguous attribute: ObjectName\(\[(?P<parts>.*?)\]\)")),
    (Kind.COLUMN, re.compile(r"ObjectName\(\[(?P<parts>.*?)\]\)")),
    (Kind.TABLE, re.compile(r"[Tt]able(?: or view)? not found: (?P<name>[\w.`]+)\s*$", re.M)),
    (Kind.FUNCTION, re.compile(r"unknown function: (?P<name>[\w.]+)")),
)
_SAIL_SYNTAX = re.compile(
    r"found (?P<word>.+?) at (?P<start>\d+):(?P<end>\d+) expected (?P<expected>.*)"
)
_SPARK_NAME = r"(?P<name>`.+?`(?:\.`.+?`)*)"
_SPARK = (
    (Kind.COLUMN, re.compile(rf"\[UNRESOLVED_COLUMN[\w.]*\].*? name {_SPARK_NAME} cannot")),
    (Kind.TABLE, re.compile(rf"\[TABLE_OR_VIEW_NOT_FOUND\] .*? {_SPARK_NAME} cannot be found")),
    (Kind.FUNCTION, re.compile(rf"\[UNRESOLVED_ROUTINE\] .*? function {_SPARK_NAME} on")),
    (Kind.AMBIGUOUS, re.compile(rf"\[AMBIGUOUS_REFERENCE\] Reference {_SPARK_NAME} is")),
    (Kind.SYNTAX, re.compile(r"\[PARSE_SYNTAX_ERROR\] .*?(?:near|input) (?P<name>'.*?'|end of)")),
)
_SPARK_PLACE = re.compile(r"\bline (\d+),? pos (\d+)")
_NO_FUNCTION = re.compile(r"No function matches the given name and argument types '.*?'(?=\.|$)")
_LONGEST = 300
# What dbt puts before it blames the definition of the unit test.
NOT_THE_TEST = "The SQL of its model fails, whatever the test"
# Where the words to people end: with the engine's query plan, its stack, or dbt's macros.
_END = re.compile(
    r";\n\s*'?[A-Z]\w+|\n\s*(JVM stacktrace|at [\w.$]+\()|\n+== SQL|\n\s*> (in macro|called by)"
)
# dbt-glue puts the whole statement before what is wrong with it.
_GLUE_STATEMENT = re.compile(
    r"Glue cursor returned .*?, use_arrow=\w+, location='[^']*'\), ", re.DOTALL
)
# dbt names the node and the kind of its own error, once or twice.
_HEAD = re.compile(r"\A(\s*(Runtime|Compilation|Database) Error( in [^\n]*)?\n)+")


def refusal_of(message: str, statement: str) -> Refusal:
    """What the engine refused, and where, as far as it says so."""
    if found := _SAIL_SYNTAX.search(message):
        start = _character(statement, int(found["start"]), found["word"])
        return Refusal(Kind.SYNTAX, found["word"], start, found["expected"])
    for kind, pattern in (*_SPARK, *_SAIL):
        if found := pattern.search(message):
            parts = found.groupdict().get("parts")
            name = ".".join(re.findall(_SAIL_PART, parts)) if parts else found["name"]
            return Refusal(kind, re.sub("[`']", "", name), _line_place(message, statement))
    return Refusal(Kind.OTHER, "", _line_place(message, statement))


def _character(statement: str, offset: int, word: str) -> int:
    """Sail counts bytes or characters, by version: the one at which its word stands."""
    as_bytes = len(statement.encode()[:offset].decode(errors="ignore"))
    return offset if statement.startswith(word, offset) else as_bytes


def _line_place(message: str, statement: str) -> int | None:
    """Where Spark says that it is: a line from 1 and a column from 0."""
    found = _SPARK_PLACE.search(message)
    if found is None:
        return None
    lines = statement.split("\n")[: int(found[1]) - 1]
    return sum(len(line) + 1 for line in lines) + int(found[2])


def first_words(message: str) -> str:
    """What of a failure's message is for people: no statement, plan, stack, or calls of macros."""
    message = _END.split(_GLUE_STATEMENT.sub("", message), maxsplit=1)[0]
    blamed = message.find(NOT_THE_TEST)
    message = message[message.rfind("\n", 0, blamed) + 1 :] if blamed >= 0 else message
    return dedent(_HEAD.sub("", message)).strip()


def in_a_sentence(message: str) -> str:
    """What the engine says, without its candidates and what its parts say of each other."""
    words = message.rpartition("coercion failed with: ")[2]
    if words == message and (found := _NO_FUNCTION.search(message)):
        return found[0]
    line = re.sub(r"^(\w+ error: )+", "", words.split("\n", 1)[0])
    line = re.sub(r"^\[[A-Z_.]+\] |; line \d+ pos \d+$", "", line.rstrip("."))
    line = line.partition(". No function matches")[0].rstrip(".")
    return line if len(line) <= _LONGEST else f"{line[:_LONGEST]} ..."
