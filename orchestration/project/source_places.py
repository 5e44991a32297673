"""From a place in the SQL that dbt has made of a file to the place in the file.

Data flow: file with templates + statement + place in the statement -> place in the file
"""

from __future__ import annotations

import re
from difflib import SequenceMatcher

from orchestration.project.sql_places import Place, place_at

_TEMPLATE = re.compile(r"\{\{.*?\}\}|\{%.*?%\}")


def place_in_source(source: str, statement: str, place: Place) -> tuple[Place, bool]:
    """The place in the file, and whether the words of the statement stand there.

    They do not where a template makes them; the place is then that of the template.
    """
    lines, made = source.split("\n"), statement.split("\n")
    number = statement.count("\n", 0, place.start)
    column = place.start - (statement.rfind("\n", 0, place.start) + 1)
    words = statement[place.start : place.start + place.length]
    for candidate in _lines_of(lines, made, number):
        line = lines[candidate]
        if line == made[number]:
            return place_at(source, candidate + 1, column + 1, place.length), True
        if found := re.search(rf"(?<!\w){re.escape(words)}(?!\w)", line):
            return place_at(source, candidate + 1, found.start() + 1, place.length), True
    line_number = _lines_of(lines, made, number)[0]
    line = lines[line_number]
    first_word = re.escape(re.split(r"\W", words)[0])
    if first_word and (found := re.search(rf"\b{first_word}\b", line)):
        return place_at(source, line_number + 1, found.start() + 1, place.length), True
    template = _TEMPLATE.search(line)
    indent = len(line) - len(line.lstrip())
    start, end = template.span() if template else (indent, len(line))
    return place_at(source, line_number + 1, start + 1, end - start), template is None


def _lines_of(lines: list[str], made: list[str], number: int) -> list[int]:
    """Lines of the file that this line of the statement may come from, the likeliest first."""
    before = 0
    for tag, i1, i2, j1, j2 in SequenceMatcher(None, lines, made, autojunk=False).get_opcodes():
        if j1 <= number < j2:
            likeliest = i1 + min(number - j1, max(i2 - i1 - 1, 0))
            if tag == "equal":
                return [likeliest]
            others = [line for line in range(i1, i2) if line != likeliest]
            return [min(likeliest, len(lines) - 1), *others]
        before = max(before, i2 - 1)
    return [before]
