"""The tables that the project makes, by the names of its files and by what their yml says.

Data flow: models/**/<table>.sql and .yml, seeds/<table>.csv and .yml -> facts about a table
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import yaml

from orchestration import project

# They say which run wrote a row and when: two builds of the same data differ in them.
AUDIT_COLUMNS = frozenset({"_run_id", "last_updated_timestamp", "batch_id", "ingestion_timestamp"})

_MADE_BY = ("models/**/*.sql", "seeds/*.csv")
_DESCRIBED_BY = ("models/**/{}.yml", "seeds/{}.yml")
_UNIQUE, _UNIQUE_TOGETHER = "unique", "unique_combination_of_columns"


def is_made_here(table: str) -> bool:
    """Whether a table of silver or gold, `<layer>.<table>`, is a model or a seed of the project."""
    name = table.partition(".")[2]
    return any(
        path.stem == name for made_by in _MADE_BY for path in project.PROJECT_FOLDER.glob(made_by)
    )


def key_of(table: str) -> tuple[str, ...]:
    """The columns that are tested to tell the rows of a table of silver or gold apart.

    None of them if its yml has no such test, or there is no yml.
    """
    described = _described(table.partition(".")[2])
    for name, test in _tests(described):
        if name == _UNIQUE_TOGETHER and "where" not in (test.get("config") or {}):
            return tuple((test.get("arguments") or {}).get("columns", ()))
    for column in described.get("columns") or ():
        if any(name == _UNIQUE for name, _ in _tests(column)):
            return (str(column["name"]),)
    return ()


def _described(name: str) -> Mapping[str, Any]:
    # It reads a yml in a tenth of the time.
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    for pattern in _DESCRIBED_BY:
        for path in project.PROJECT_FOLDER.glob(pattern.format(name)):
            content = yaml.load(path.read_text(encoding="utf-8"), loader)
            for node in (*(content.get("models") or ()), *(content.get("seeds") or ())):
                if node["name"] == name:
                    return dict(node)
    return {}


def _tests(described: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Each test of a table or a column, with its arguments and settings."""
    for test in described.get("data_tests") or ():
        if isinstance(test, str):
            yield test, {}
        else:
            yield from ((name, content or {}) for name, content in test.items())
