"""Renders templates, writes what they give and finds what a person still has to write there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ingestion.errors import LakehouseError
from orchestration import project

PLACEHOLDER = "FILL IN"


@dataclass(frozen=True)
class NewFiles:
    """What was written, and what is left to do.

    Attributes:
        written: The files, below the project folder.
        steps: What is left to do elsewhere, each beginning with the file and the line.
    """

    written: list[str]
    steps: list[str]


def render(template: str, values: Mapping[str, Any]) -> str:
    """The text of a template. Its marks are << >> and <% %>, because the text has dbt's Jinja."""
    import jinja2

    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("lakehouse.new"),
        variable_start_string="<<",
        variable_end_string=">>",
        block_start_string="<%",
        block_end_string="%>",
        comment_start_string="<#",
        comment_end_string="#>",
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,
    )
    return environment.get_template(f"{template}.j2").render(values)


def write_new(texts: Mapping[str, str]) -> list[str]:
    """Write files below the project folder, all or none; return their names.

    Raises:
        LakehouseError: One of them exists, or there is a model of its name in another layer.
    """
    for name in texts:
        for path in sorted((project.PROJECT_FOLDER / "models").glob(f"*/{Path(name).name}")):
            if path.parent.name != "bronze" or name.startswith("models/bronze/"):
                raise LakehouseError(
                    f"{path.relative_to(project.PROJECT_FOLDER)} exists and is never overwritten.",
                    "Choose another name, or remove the file first.",
                )
    for name, text in texts.items():
        (project.PROJECT_FOLDER / name).write_text(text, encoding="utf-8")
    return list(texts)


def unfilled(folder: Path) -> Iterator[str]:
    """File, line and text of every placeholder in the models below a project folder."""
    for path in sorted((folder / "models").rglob("*")):
        if path.suffix in (".md", ".sql", ".yml"):
            for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
                if PLACEHOLDER in line:
                    yield f"{path.relative_to(folder)}:{number}: {line.strip()}"


def place_of(name: str, text: str) -> str:
    """File and line of the first line that has this text."""
    lines = (project.PROJECT_FOLDER / name).read_text(encoding="utf-8").splitlines()
    found = next((number for number, line in enumerate(lines, 1) if text in line), 1)
    return f"{name}:{found}"
