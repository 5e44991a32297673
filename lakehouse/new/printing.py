"""What `lakehouse new` prints: the files that it wrote, and a list of what is left to do."""

from __future__ import annotations

from rich.console import Console

from lakehouse.new.files import NewFiles, unfilled
from orchestration import project

_CHECK = "until all is filled in, .venv/bin/pytest tests/test_conventions.py fails"


def print_new_files(console: Console, new: NewFiles) -> None:
    """Print the written files and the places that a person has to go to."""
    to_fill = [
        place
        for place in unfilled(project.PROJECT_FOLDER)
        if place.split(":", maxsplit=1)[0] in new.written
    ]
    lines = [f"wrote {name}" for name in new.written]
    lines += ["", "left to do:", *(f"  {step}" for step in (*to_fill, *new.steps)), "", _CHECK]
    for line in lines:
        console.print(line, markup=False, highlight=False, soft_wrap=True)
