"""Who reads a table of silver or gold: the models that are built from it, and the exposures.

Data flow: `ref` in models/**/*.sql + models/exposures.yml -> tables and exposures reached
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass

import yaml

from orchestration import project

_REF = re.compile(r"\bref\(\s*['\"](\w+)['\"]\s*\)")
_EXPOSURES = "models/exposures.yml"


@dataclass(frozen=True)
class Exposure:
    """A use of the tables outside of the project.

    Attributes:
        name: Its name.
        label: As people call it.
        kind: dbt's word, such as `dashboard`.
        reads: Names of models.
    """

    name: str
    label: str
    kind: str
    reads: frozenset[str]


def exposures() -> list[Exposure]:
    """All that are declared, in their order."""
    file = project.PROJECT_FOLDER / _EXPOSURES
    if not file.exists():
        return []
    found = yaml.safe_load(file.read_text(encoding="utf-8"))["exposures"]
    return [
        Exposure(
            one["name"],
            one.get("label") or one["name"],
            one["type"],
            frozenset(_REF.findall(" ".join(one.get("depends_on") or ()))),
        )
        for one in found
    ]


def reached_from(names: Collection[str]) -> dict[str, set[str]]:
    """Each of these models, and each that is built from one of them, to those it comes from."""
    reads = _reads()
    reached = {name: {name} for name in names}
    waiting = list(reached)
    while waiting:
        parent = waiting.pop()
        for child, parents in reads.items():
            if parent in parents and not reached[parent] <= reached.get(child, set()):
                reached[child] = reached.get(child, set()) | reached[parent]
                waiting.append(child)
    return reached


def _reads() -> Mapping[str, set[str]]:
    files = project.PROJECT_FOLDER.glob("models/**/*.sql")
    return {file.stem: set(_REF.findall(file.read_text(encoding="utf-8"))) for file in files}
