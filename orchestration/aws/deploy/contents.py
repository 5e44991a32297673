"""Which files of the project go where: into the dbt bundle and into the zip of the Lambdas."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

from ingestion.errors import LakehouseError

# All that `uv sync` from the lock, dbt and orchestration/aws/build.py need.
_BUNDLE = (
    *("README.md", "LICENSE", "pyproject.toml", "uv.lock", "dbt_project.yml"),
    *(
        "analyses",
        "ingestion",
        "lakehouse",
        "macros",
        "models",
        "orchestration",
        "profiles",
        "seeds",
    ),
    *("snapshots", "tests/dbt"),
)
_PACKAGES = ("orchestration/__init__.py", "orchestration/aws/__init__.py")
_LAMBDAS = "orchestration/aws/lambdas"
_HANDLER = re.compile(r"^def handler\(", re.MULTILINE)


def bundle_files(project: Path) -> dict[str, Path]:
    """The files of the dbt bundle, by their path in the project."""
    return {name: project / name for name in _files(project, _BUNDLE)}


def lambda_files(project: Path) -> dict[str, Path]:
    """The files of the Lambdas: those with a handler at the top, what they share in its package."""
    names = _files(
        project, ("orchestration/__init__.py", "orchestration/aws/__init__.py", _LAMBDAS)
    )
    places = {}
    for name in names:
        path = project / name
        is_handler = bool(_HANDLER.search(path.read_text(encoding="utf-8")))
        places[path.name if is_handler else name] = path
    return places


def _files(project: Path, places: tuple[str, ...]) -> list[str]:
    """What git has or would take at these places; so nothing that is ignored is ever deployed.

    Raises:
        LakehouseError: The project is no clone.
    """
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", "--"]
    try:
        listed = subprocess.run(
            [*command, *places], cwd=project, capture_output=True, check=True, text=True
        )
    except (OSError, subprocess.CalledProcessError) as error:
        why = getattr(error, "stderr", None) or error
        raise LakehouseError(
            f"git can't list the files of {project}: {str(why).strip()}",
            "Deploy from a clone of the project, where git is installed.",
        ) from None
    names = sorted({name for name in listed.stdout.split("\0") if name})
    return [name for name in names if not _is_hidden(name) and (project / name).is_file()]


def _is_hidden(name: str) -> bool:
    return any(part.startswith(".") for part in name.split("/"))
