"""Runs of one workspace: a build that nobody else sees, and its tests before it is published.

Data flow: workspace -> dbt build | dbt test of all that the change reaches -> publication
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import UTC, datetime

from ingestion.errors import LakehouseError
from ingestion.settings import Settings
from orchestration.pipeline.build import build_workspace, timed
from orchestration.pipeline.dbt import run_dbt
from orchestration.pipeline.progress import Display, NodeProgress
from orchestration.pipeline.run import engine_failures_explained, recorded, start_engine
from orchestration.pipeline.untested import untested
from orchestration.state.lock import only_run
from orchestration.state.publications import publish, require_unmoved
from orchestration.state.results import RunResult
from orchestration.state.workspaces import (
    drop_workspaces_of_runs,
    open_workspace,
    require_workspace,
)


def build_in_workspace(
    settings: Settings, display: Display, name: str, arguments: Sequence[str]
) -> RunResult:
    """Build and test in a workspace; it is made if there is none of this name.

    The build is nobody else's business, so the history of runs does not have it, and it does not
    hold the root.

    Raises:
        LakehouseError: What a user can fix stopped it.
    """
    result = RunResult(uuid.uuid4().hex, " ".join(["build", *arguments]), workspace=name)
    workspace = open_workspace(settings, name)
    with engine_failures_explained(settings):
        start_engine(settings, display, result)
        build_workspace(workspace, display, result, arguments)
    return result


def publish_workspace(settings: Settings, display: Display, name: str) -> RunResult:
    """Test everything that the changed tables of a workspace reach, then publish them.

    Raises:
        LakehouseError: There is no such workspace, it has changed nothing, or a published table has
            moved since it was opened.
    """
    started_at = datetime.now(UTC)
    result = RunResult(uuid.uuid4().hex, f"publish --workspace {name}", workspace=name)
    with only_run(settings), engine_failures_explained(settings):
        workspace = require_workspace(settings, name)
        changed = workspace.changed_tables()
        if not changed:
            raise LakehouseError(
                f"The workspace {name} is as it was opened: there is nothing to publish.",
                f"Build in it first: `lakehouse build --workspace {name}`.",
            )
        require_unmoved(workspace)
        start_engine(settings, display, result)
        with recorded(settings, result, started_at):
            with display.step("test") as step, timed(result, "test"):
                tests = untested(workspace.settings, result.run_id, changed, ())
                arguments = ["test", "--select", *tests]
                progress = NodeProgress(step)
                if tests:
                    result.results = run_dbt(workspace.settings, result.run_id, arguments, progress)
            if not any(node.is_bad for node in result.results):
                result.published = publish(workspace, result.run_id)
                result.workspace = None
                drop_workspaces_of_runs(settings)
    return result
