"""The tests that a change reaches and that have not passed: what keeps a workspace from publishing.

Data flow: changed tables + parsed project -> tests that read one of them -> those without outcome
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from ingestion.settings import Settings
from orchestration.pipeline.dbt import invoke_dbt
from orchestration.state.results import PASSED, WARNED, NodeResult, RunResult
from orchestration.state.workspaces import Workspace

FULL_REFRESH = "--full-refresh"
# Of dbt: trials of the SQL, whose tables are nobody's numbers.
_OF_SOME_ROWS = {"--empty", "--sample", "--event-time-start", "--event-time-end"}


def builds_and_tests_all(arguments: Sequence[str]) -> bool:
    """Whether a build with these arguments builds and tests every model."""
    return not set(arguments) - {FULL_REFRESH}


def may_be_published(
    workspace: Workspace, result: RunResult, arguments: Sequence[str], target: str | None = None
) -> bool:
    """Every node is well, and every test that a changed table reaches was one of them.

    Args:
        workspace: Where it was built.
        result: Of the build; gets the tests that were left out.
        arguments: Of `dbt build`.
        target: Of dbt's profile; None for the one of the embedded engine.

    Raises:
        LakehouseError: The project can't be parsed.
    """
    if any(node.is_bad for node in result.results):
        return False
    if builds_and_tests_all(arguments):
        return True
    if any(argument.split("=")[0] in _OF_SOME_ROWS for argument in arguments):
        return False
    changed = workspace.changed_tables()
    result.untested = untested(
        *(workspace.settings, result.run_id, changed, result.results, target)
    )
    return not result.untested


def untested(
    settings: Settings,
    run_id: str,
    changed: Collection[str],
    results: Iterable[NodeResult],
    target: str | None = None,
) -> list[str]:
    """Names of the data tests that read a changed table and neither passed nor warned, sorted.

    Args:
        settings: Of the workspace.
        run_id: Name of the run.
        changed: `<layer>.<table>`.
        results: What became of each node.
        target: Of dbt's profile; None for the one of the embedded engine.

    Raises:
        LakehouseError: The project can't be parsed.
    """
    manifest = invoke_dbt(settings, run_id, ["parse"], target=target)
    tables = {
        name: f"{node.config.schema}.{node.alias}"
        for name, node in manifest.nodes.items()
        if str(node.resource_type) != "test"
    }
    tested = {node.name for node in results if node.is_test and node.status in (*PASSED, *WARNED)}
    return sorted(
        node.name
        for node in manifest.nodes.values()
        if str(node.resource_type) == "test" and node.name not in tested
        if any(tables.get(read) in changed for read in node.depends_on.nodes)
    )
