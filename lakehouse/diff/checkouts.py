"""One checkout against another: the models of both, built from the same raw files.

Data flow: raw files -> bronze of a throw-away root -> a workspace built by each checkout -> sides

This checkout's Python loads the files and runs dbt for both, so the other one needs no set-up of
its own. Nothing is published, and the root is gone afterwards.
"""

from __future__ import annotations

import atexit
import shutil
import subprocess
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory

from ingestion.errors import LakehouseError
from ingestion.settings import Settings
from lakehouse.diff.edits import Definition, defined_by
from lakehouse.diff.sides import Side, workspace_side
from orchestration import project
from orchestration.pipeline.progress import Display, NodeProgress
from orchestration.pipeline.run import run
from orchestration.pipeline.workspace_runs import build_in_workspace
from orchestration.state.results import NodeResult

_PROJECT = "dbt_project.yml"


@dataclass(frozen=True)
class Checkout:
    """A checkout of this project.

    Attributes:
        name: In words, such as `checkout main (3f2a91c0)`.
        folder: Where its files are.
    """

    name: str
    folder: Path


@dataclass(frozen=True)
class BuiltCheckout:
    """What a checkout makes of the raw files.

    Attributes:
        side: Its tables.
        failed: Nodes that failed, tests among them.
        definition: How it computes its tables.
    """

    side: Side
    failed: tuple[NodeResult, ...]
    definition: Definition


@contextmanager
def built_checkouts(
    settings: Settings, wanted: str, display: Display
) -> Iterator[tuple[BuiltCheckout, BuiltCheckout]]:
    """The other checkout and this one, built; their tables are there as long as this is open.

    Args:
        settings: The raw files, the limits and the engine; its root is not touched.
        wanted: The folder of the other checkout, or a commit, branch or tag of this one.
        display: Shows progress.

    Raises:
        LakehouseError: There is no such checkout, or one can't be built.
    """
    with _scratch() as folder:
        other = _checkout(wanted, folder / "checkout")
        here = Checkout("this checkout", project.PROJECT_FOLDER)
        scratch = replace(settings, root=str(folder / "root"))
        run(scratch, display, build_arguments=None)
        yield _built(scratch, display, other, "from"), _built(scratch, display, here, "to")


@contextmanager
def _scratch() -> Iterator[Path]:
    with TemporaryDirectory(prefix="lakehouse-diff-", ignore_cleanup_errors=True) as folder:
        # Threads of an interrupted build may write on until the process ends.
        atexit.register(shutil.rmtree, folder, ignore_errors=True)
        yield Path(folder)


def _built(settings: Settings, display: Display, checkout: Checkout, name: str) -> BuiltCheckout:
    with project.project_in(checkout.folder), _named(checkout):
        result = build_in_workspace(settings, display, name, ())
        side, _ = workspace_side(settings, name)
        with display.step("trace") as step:
            definition = defined_by(side.settings, NodeProgress(step))
    failed = tuple(node for node in result.results if node.is_bad)
    return BuiltCheckout(replace(side, name=checkout.name), failed, definition)


@contextmanager
def _named(checkout: Checkout) -> Iterator[None]:
    """Say which of the two could not be built."""
    try:
        yield
    except LakehouseError as error:
        raise LakehouseError(
            f"The models of {checkout.name} can't be built: {error.problem}",
            f"Fix that in {checkout.folder}, or compare with another checkout.",
        ) from error


def _checkout(wanted: str, to: Path) -> Checkout:
    """A checkout in a folder, or a commit whose files are written to a folder."""
    folder = Path(wanted).expanduser()
    if (folder / _PROJECT).is_file():
        return Checkout(f"checkout {wanted}", folder.resolve())
    try:
        commit = _git("rev-parse", "--verify", "--end-of-options", f"{wanted}^{{commit}}")
    except LakehouseError as error:
        raise LakehouseError(
            f"{wanted!r} is neither a folder with a {_PROJECT} nor a commit of"
            f" {project.PROJECT_FOLDER}: {error.problem}",
            "Name the folder of another checkout, or a branch, a tag or a commit, such as main.",
        ) from error
    sha = commit.decode().strip()
    with tarfile.open(fileobj=BytesIO(_git("archive", "--format=tar", sha))) as files:
        files.extractall(to, filter="data")
    return Checkout(f"checkout {wanted} ({sha[:8]})", to)


def _git(*arguments: str) -> bytes:
    command = ["git", "-C", str(project.PROJECT_FOLDER), *arguments]
    try:
        return subprocess.run(command, check=True, capture_output=True).stdout
    except (OSError, subprocess.CalledProcessError) as error:
        said = getattr(error, "stderr", b"") or str(error).encode()
        words = said.decode(errors="replace").strip().removeprefix("fatal: ")
        raise LakehouseError(words, "") from error
