"""One build of the models: of all days, or of those that changed since the last build.

Data flow: recorded build -> nodes to build, affected days -> dbt build in a workspace
-> publication -> record

It is built in a workspace of the run, which is published if every node is well and no test was left
out; else it stays, for a look and for `lakehouse publish`.

A build of everything leaves out what can't have changed (`unchanged`). A build of every model may
replace some days only, if a recorded build left silver exactly as it is.
Any other one (a selection, other vars, plain `dbt`) builds all days of what it builds, so a model
that is built is right for all of its rows. It leaves silver in versions that no record knows, so
the next build of every model builds all days, too.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from time import monotonic
from typing import TYPE_CHECKING

from ingestion.errors import LakehouseError
from ingestion.session import lost_session
from ingestion.settings import Settings
from ingestion.tables import TABLES
from orchestration import project
from orchestration.pipeline.affected_days import affected_days
from orchestration.pipeline.changes import Changes, changes_since
from orchestration.pipeline.dbt import run_dbt
from orchestration.pipeline.progress import Display, NodeProgress, Step
from orchestration.pipeline.selection import compares_states, require_known_vars, require_options
from orchestration.pipeline.untested import (
    FULL_REFRESH,
    builds_and_tests_all,
    may_be_published,
)
from orchestration.pipeline.whole_build import WholeBuild
from orchestration.project.digest import project_digest
from orchestration.project.seeds import check_seeds
from orchestration.project.silver import limits, silver_fingerprint
from orchestration.state.build_cache import built_silver, run_that_built
from orchestration.state.publications import publish
from orchestration.state.results import AffectedDays, Build, NodeResult, RunResult, days_to_json
from orchestration.state.versions import TableVersion, current_versions
from orchestration.state.workspaces import (
    Workspace,
    drop_workspace,
    drop_workspaces_of_runs,
    name_of_run,
    new_workspace,
)

if TYPE_CHECKING:
    from dbt.contracts.graph.manifest import Manifest

# Unit tests prove the formulas on made-up rows, whatever the data: they belong to `make test`.
_BUILD = ("build", "--exclude-resource-type", "unit_test")
# These leave out no model.
_OF_ALL_MODELS = {FULL_REFRESH, "--exclude-resource-type", "test", "--no-write-json"}
_TABLES = ("model", "seed", "snapshot")

Verify = Callable[[Settings, RunResult], list[NodeResult]]

logger = logging.getLogger(__name__)


def build_models(
    settings: Settings,
    display: Display,
    result: RunResult,
    arguments: Sequence[str],
    target: str | None = None,
    opened: Callable[[Settings], None] = lambda settings: None,
    verify: Verify = lambda settings, result: result.results,
) -> None:
    """Build and test with these further arguments; without any only if there is something new.

    Args:
        settings: Where the lakehouse is.
        display: Where progress is shown.
        result: Gets what dbt did.
        arguments: Of `dbt build`.
        target: Of dbt's profile; None for the one of the embedded engine.
        opened: Given where dbt is going to write, before it does.
        verify: Given where dbt has written and what it says of that, says what is true of it,
            before anything is published.
    """
    with display.step("build") as step, timed(result, "build"):
        digest, versions = project_digest(settings), current_versions(settings)
        if not arguments:
            result.unchanged_since = run_that_built(settings, digest, versions)
        if result.unchanged_since is not None:
            return
        _require_sound(arguments)
        step("reading the models", 0, 0)
        name = name_of_run(result.run_id)
        drop_workspace(settings, name)
        workspace = new_workspace(settings, name)
        result.workspace = workspace.name
        opened(workspace.settings)
        build = _Build(workspace.settings, result, arguments, target, step)
        build.replace_days(versions)
        result.results = verify(workspace.settings, result)
        if may_be_published(workspace, result, arguments, target):
            step("publishing", 0, 0)
            result.published = publish(workspace, result.run_id)
            result.workspace = None
            drop_workspaces_of_runs(settings)
            result.builds = build.record(digest)


def build_workspace(
    workspace: Workspace, display: Display, result: RunResult, arguments: Sequence[str]
) -> None:
    """Build and test in a workspace, with these arguments of `dbt build`, and publish nothing."""
    with display.step("build") as step, timed(result, "build"):
        _require_sound(arguments)
        step("reading the models", 0, 0)
        build = _Build(workspace.settings, result, arguments, None, step)
        # What was written here can have the number of another published version.
        changed = workspace.changed_tables()
        versions = current_versions(workspace.settings)
        build.replace_days({name: one for name, one in versions.items() if name not in changed})


def _require_sound(arguments: Sequence[str]) -> None:
    require_options(arguments)
    require_known_vars(arguments)
    check_seeds(project.PROJECT_FOLDER)


class _Build:
    """A build at work."""

    def __init__(
        self,
        settings: Settings,
        result: RunResult,
        arguments: Sequence[str],
        target: str | None,
        step: Step,
    ) -> None:
        self._settings = settings
        self._result = result
        self._arguments = arguments
        self._target = target
        self._step = step
        self._fingerprint = silver_fingerprint()
        self._is_of_all_models = set(arguments) <= _OF_ALL_MODELS
        self._whole: WholeBuild | None = None

    def replace_days(self, versions: dict[str, TableVersion]) -> None:
        """Build all days, or those that are affected since a recorded build."""
        arguments = [*_BUILD, *self._arguments]
        if builds_and_tests_all(self._arguments):
            self._whole = WholeBuild(self._settings, self._result.run_id, self._target)
        if self._whole and not self._arguments:
            self._result.unchanged = self._whole.unchanged(versions)
            others = self._whole.selection(self._result.unchanged)
            if others is None:
                return
            arguments += others
        changes = self._changes(versions)
        if changes is not None:
            self._result.results = self._build_lists(changes)
            if any(node.is_bad for node in self._result.results):
                return
            self._result.affected_days = affected_days(self._settings, changes, versions)
        progress, manifest = NodeProgress(self._step), self._whole.manifest if self._whole else None
        self._result.results = self._run(arguments, self._result.affected_days, progress, manifest)

    def record(self, digest: str) -> list[Build]:
        """What is to be known of this build: nothing unless it was one of every model."""
        results, unchanged = self._result.results, self._result.unchanged
        models = [node for node in results if node.kind in _TABLES]
        is_complete = all(node.status == "success" for node in models)
        if not self._is_of_all_models or not is_complete or not (models or unchanged):
            return []
        self._result.inputs = self._whole.inputs(unchanged, results) if self._whole else []
        is_good = builds_and_tests_all(self._arguments) and not any(node.is_bad for node in results)
        return [
            Build(
                digest if is_good else None,
                self._result.run_id,
                datetime.now(UTC),
                self._fingerprint,
                json.dumps({name: str(value) for name, value in limits().items()}),
            )
        ]

    def _changes(self, versions: dict[str, TableVersion]) -> Changes | None:
        """What changed since the build that silver is the outcome of; None if none is known."""
        if not self._is_of_all_models or FULL_REFRESH in self._arguments:
            return None
        base = built_silver(self._settings, self._fingerprint, versions)
        if base is None:
            return None
        try:
            return changes_since(self._settings, base, limits())
        except LakehouseError as error:  # a maintenance has deleted the old version of the ledger
            logger.info("All days are built: %s", error.problem)
            return None

    def _build_lists(self, changes: Changes) -> list[NodeResult]:
        """Build the tables that are whole lists first: lines wait for what is not on them."""
        names = [name for name, table in TABLES.items() if table.whole_list]
        if not any(changes.files[name].names for name in names):
            return []
        progress = NodeProgress(self._step, is_counted=False)
        return self._run(["run", "--select", *names], None, progress)

    def _run(
        self,
        arguments: Sequence[str],
        days: AffectedDays | None,
        progress: NodeProgress,
        manifest: Manifest | None = None,
    ) -> list[NodeResult]:
        results = run_dbt(
            self._settings,
            self._result.run_id,
            arguments,
            progress,
            self._target,
            None if days is None else days_to_json(days),
            manifest,
        )
        # One sentence in place of a failure of every node that came after the session was lost.
        for lost in filter(None, (lost_session(node.message) for node in results)):
            raise lost
        if not results and not compares_states(" ".join(arguments)):
            raise LakehouseError(
                f"Nothing is left to build with {' '.join(self._arguments)}.",
                "Select less narrowly. Unit tests are no part of a build: `dbt test` runs them.",
            )
        return results


@contextmanager
def timed(result: RunResult, step: str) -> Iterator[None]:
    """Measure a step into the result, also when it fails."""
    started = monotonic()
    try:
        yield
    finally:
        result.seconds[step] = monotonic() - started
