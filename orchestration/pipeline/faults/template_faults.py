"""What dbt says of a file that it can't read or compile, with the place in the file.

Data flow: dbt's words -> file, and the name or line that they are about -> a message with a caret
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from orchestration import project
from orchestration.pipeline.faults.engine_words import first_words
from orchestration.project.sql_places import Place, close_to, fault, place_at

_FILE = re.compile(r"\(((?:models|tests|macros|analyses)/[\w./-]+\.sql)\)")
_NAMES = (
    (re.compile(r"depends on a node named '(\w+)'"), "there is no model or seed {name}."),
    (re.compile(r"depends on a source named '([\w.]+)'"), "there is no source {name}."),
    (re.compile(r"'(\w+)' is undefined"), "there is no macro or variable {name}."),
    (re.compile(r"Required var '(\w+)' not found"), "there is no var {name} in dbt_project.yml."),
)
_LINE = re.compile(r"^(?P<what>[^\n]+)\n\s*line (?P<line>\d+)\n", re.MULTILINE)
_BUILT_IN = ("ref", "source", "var", "config", "this", "env_var", "is_incremental", "adapter")


def placed(said: str, file: str | None = None) -> str:
    """What dbt or the engine says, with the place in the file where that can be told.

    Args:
        said: Their words.
        file: Below the project; None for the one that they name.
    """
    message, named = first_words(said), _FILE.search(said)
    path = project.PROJECT_FOLDER / (file or (named[1] if named else ""))
    if path.suffix != ".sql" or not path.is_file():
        return message
    source = path.read_text(encoding="utf-8")
    found = _about_a_name(message, source) or _about_a_line(message, source)
    if found is None:
        return message
    words = fault(source, *found, "").problem
    return words if file or not named else f"{named[1]}\n{words}"


def _about_a_name(message: str, source: str) -> tuple[Place, str] | None:
    for pattern, problem in _NAMES:
        if said := pattern.search(message):
            name = said[1].rpartition(".")[2]
            there = re.search(rf"\b{name}\b(?=\s*['\"(])|\b{name}\b", source)
            if there is None:
                return None
            close = close_to(name, _names())
            hint = f" Did you mean {' or '.join(close)}?" if close else ""
            return Place(there.start(), len(name)), problem.format(name=said[1]) + hint
    return None


def _names() -> Iterable[str]:
    """What a template may name."""
    patterns = ("models/*/*.sql", "seeds/*.csv", "macros/*.sql", "models/bronze/*.yml")
    paths = (path for pattern in patterns for path in project.PROJECT_FOLDER.glob(pattern))
    return [*_BUILT_IN, *(path.stem for path in paths)]


def _about_a_line(message: str, source: str) -> tuple[Place, str] | None:
    said = _LINE.search(message)
    if said is None:
        return None
    number = min(int(said["line"]), source.count("\n") + 1)
    line = source.split("\n")[number - 1]
    template = re.search(r"\{[{%].*", line)
    start, end = template.span() if template else (len(line) - len(line.lstrip()), len(line))
    return place_at(source, number, start + 1, end - start), f"{said['what'].strip()}."
