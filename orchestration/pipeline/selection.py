"""What `--select` and `--exclude` of a build may name, and what is said of a name that nothing has.

Data flow: a criterion that dbt finds nothing for + the parsed project -> a LakehouseError

dbt builds what the other criteria select, or nothing at all, and calls that a success.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from itertools import zip_longest
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

import yaml

from ingestion.errors import LakehouseError
from ingestion.visible import some
from orchestration import project
from orchestration.project.sql_places import MOST_NAMES, close_to

if TYPE_CHECKING:
    from dbt.contracts.graph.manifest import Manifest

# What they select depends on another state of the project: nothing differs is an answer, too.
_OF_A_STATE = re.compile(r"(^|[,+@\d])(state|result|source_status):")
_CRITERION = re.compile(r"@?(?:\d*\+)?(?:(?P<method>\w+)[\w.]*:)?(?P<value>.*?)(?:\+\d*)?")
_SQL_FILES = (".sql", ".csv", ".yml")


def compares_states(criteria: str) -> bool:
    """Whether one of the criteria selects by what differs, so that it may select nothing."""
    return bool(_OF_A_STATE.search(criteria))


def require_options(arguments: Sequence[str]) -> None:
    """Refuse a name where an option has to be: dbt takes it for a value of what stands before.

    Raises:
        LakehouseError: The first argument is no option.
    """
    if arguments and not arguments[0].startswith("-"):
        raise LakehouseError(
            f"A build takes no argument {arguments[0]!r} without an option.",
            f"To build that alone: lakehouse build --select {arguments[0]}",
        )


def require_known_vars(arguments: Sequence[str]) -> None:
    """Refuse vars that no model reads: dbt takes them, and builds by the default of the right name.

    Raises:
        LakehouseError: `--vars` has a name that dbt_project.yml does not declare.
    """
    declared = yaml.safe_load((project.PROJECT_FOLDER / "dbt_project.yml").read_text())["vars"]
    for option, following in zip_longest(arguments, arguments[1:], fillvalue=""):
        if not re.match(r"--vars(=|$)", option):
            continue
        names: object = None
        with suppress(yaml.YAMLError):  # dbt says what is wrong with it
            names = yaml.safe_load(option.partition("=")[2] or following)
        for name in names if isinstance(names, dict) else ():
            if name not in declared:
                close = close_to(str(name), declared)
                hint = f" Did you mean {' or '.join(close)}?" if close else ""
                raise LakehouseError(
                    f"There is no var {name!r} in dbt_project.yml; nothing was built.{hint}",
                    "docs/configuration.md lists the vars with their units.",
                )


def selects_nothing(criteria: str, manifest: Manifest) -> LakehouseError:
    """The error for a criterion that no node of the project meets, with the names close to it."""
    hints, step = [], "`dbt ls --profiles-dir profiles` lists what can be selected."
    for part in criteria.split(","):
        found = _CRITERION.fullmatch(part)
        method, value = (found["method"] or "", found["value"]) if found else ("", part)
        names = _names(method or _usual_method(value), manifest)
        if value in names:
            continue
        close = close_to(value, names)
        hints += [f"Did you mean {' or '.join(close)}?"] if close else []
        if names and not close and method:
            step = f"`{method}:` can name {some(sorted(names), MOST_NAMES)}."
    if re.search(r"[:,/*]", criteria):
        problem = f"{criteria!r} selects nothing of this project"
    else:
        problem = f"There is no model, seed, test or folder of the name {criteria.strip('+@')!r}"
    return LakehouseError(" ".join([f"{problem}; nothing was built.", *hints]), step)


def _usual_method(value: str) -> str:
    """As dbt chooses it for a criterion without one."""
    if "/" in value:
        return "path"
    return "file" if value.endswith(_SQL_FILES) else "fqn"


def _names(method: str, manifest: Manifest) -> set[str]:
    """What a criterion of this method may name."""
    nodes = [*manifest.nodes.values(), *manifest.sources.values()]
    files = {PurePosixPath(node.original_file_path) for node in nodes}
    by_method: dict[str, Callable[[], set[str]]] = {
        "fqn": lambda: {part for node in nodes for part in node.fqn} | {n.name for n in nodes},
        "path": lambda: {str(place) for file in files for place in (file, *file.parents)} - {"."},
        "file": lambda: {file.name for file in files} | {file.stem for file in files},
        "tag": lambda: {tag for node in nodes for tag in node.tags},
        "source": lambda: _sources(node.fqn[-2:] for node in manifest.sources.values()),
        "test_name": lambda: {m.name for n in nodes if (m := getattr(n, "test_metadata", None))},
        "test_type": lambda: {"generic", "singular", "data", "unit"},
        "resource_type": lambda: {str(node.resource_type) for node in nodes},
        "group": lambda: {group.name for group in manifest.groups.values()},
    }
    return by_method[method]() if method in by_method else set()


def _sources(names: Iterable[Sequence[str]]) -> set[str]:
    return {name for source, table in names for name in (source, f"{source}.{table}")}
