"""A page as programs get it, held against docs/json.md."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from rich.console import Console

from lakehouse.formats import Format
from lakehouse.page import Page
from orchestration.project import PROJECT_FOLDER

_NAME = re.compile(r"`(\w+)`")


def as_json(page: Page) -> Any:
    """The document that is printed, which is all that is printed."""
    console = Console(width=20, force_terminal=True)
    with console.capture() as capture:
        page.show(console, Format.JSON)
    assert capture.get().removesuffix("\n").isprintable()
    return json.loads(capture.get())


def documented(command: str) -> set[str]:
    """The names that the page lists for a command."""
    text = (PROJECT_FOLDER / "docs" / "json.md").read_text(encoding="utf-8")
    return set(_NAME.findall(text.split(f"\n## {command}\n")[1].split("\n## ")[0]))


def names_in(found: Any, without: str = "") -> Iterator[str]:
    """All names of a document; those within one of them may be left out."""
    if isinstance(found, list):
        for item in found:
            yield from names_in(item, without)
    elif isinstance(found, dict):
        for name, value in found.items():
            yield name
            if name != without:
                yield from names_in(value, without)
