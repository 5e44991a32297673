"""The tables that the project makes, by the names of its files."""

from __future__ import annotations

from orchestration import project

_MADE_BY = ("models/**/*.sql", "seeds/*.csv")


def is_made_here(table: str) -> bool:
    """Whether a table of silver or gold, `<layer>.<table>`, is a model or a seed of the project."""
    name = table.partition(".")[2]
    return any(
        path.stem == name for made_by in _MADE_BY for path in project.PROJECT_FOLDER.glob(made_by)
    )
