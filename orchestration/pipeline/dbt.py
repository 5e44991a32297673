"""dbt in this process, so that one JVM serves ingestion and models; what it did as plain values.

Data flow: dbt arguments -> dbtRunner -> events (progress) + results -> a `NodeResult` of each node
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ingestion.errors import LakehouseError
from ingestion.session import lost_session
from ingestion.settings import Engine, Settings
from orchestration import project
from orchestration.pipeline.dbt_settings import dbt_works_on
from orchestration.pipeline.faults.template_faults import placed
from orchestration.pipeline.selection import compares_states, selects_nothing
from orchestration.state.results import NodeResult

if TYPE_CHECKING:
    from dbt.contracts.graph.manifest import Manifest
    from dbt_common.events.base_types import EventMsg

# The prefix makes dbt offer the variable to models without parsing the project anew for each value.
_RUN_ID_VARIABLE = "DBT_ENV_CUSTOM_ENV_LAKEHOUSE_RUN_ID"
_AFFECTED_DAYS_VARIABLE = "DBT_ENV_CUSTOM_ENV_LAKEHOUSE_AFFECTED_DAYS"
_TARGETS = {Engine.SAIL: "sail", Engine.SPARK: "local"}
_RUNS = ("model", "seed", "snapshot")
# What compiled_project compiles, as far as the project has it: a criterion must not select nothing.
_COMPILED = {"model", "analysis"}
_TARGET_FOLDER = "target"
# By name, as dbt is imported late.
_OF_ARGUMENTS = ("DbtUsageException", "InvalidSelectorError")


@dataclass(frozen=True)
class NodeEvent:
    """Progress of a run: a node started or finished."""

    name: str
    kind: str
    is_finished: bool
    position: int
    total: int


def run_dbt(
    settings: Settings,
    run_id: str,
    arguments: Sequence[str],
    on_event: Callable[[NodeEvent], None] = lambda event: None,
    target: str | None = None,
    affected_days: str | None = None,
    manifest: Manifest | None = None,
) -> list[NodeResult]:
    """Run one dbt command and return what became of each node.

    Args:
        settings: Where the lakehouse is; the plugin takes the session of the same root.
        run_id: Written to `_run_id` of gold rows and to the ops tables.
        arguments: As on dbt's command line, the command first.
        on_event: Called from dbt's threads whenever a node starts or finishes.
        target: Of the profile; None for the one of the embedded engine.
        affected_days: For the macro of that name, as JSON: the days that this invocation replaces;
            None for all.
        manifest: The project as it was parsed for this command and no other one: dbt keeps in it
            what it compiles.

    Raises:
        LakehouseError: dbt could not even start on the nodes, such as for a broken model file.
    """
    with _affected_days_offered(affected_days):
        result = invoke_dbt(settings, run_id, arguments, on_event, manifest, target)
    return [_node_result(done) for done in getattr(result, "results", None) or []]


@contextmanager
def _affected_days_offered(days: str | None) -> Iterator[None]:
    """Let models see the days during one invocation: a later one must not take them for its own."""
    os.environ.pop(_AFFECTED_DAYS_VARIABLE, None)
    if days is not None:
        os.environ[_AFFECTED_DAYS_VARIABLE] = days
    try:
        yield
    finally:
        os.environ.pop(_AFFECTED_DAYS_VARIABLE, None)


def compiled_project(
    settings: Settings,
    run_id: str,
    on_event: Callable[[NodeEvent], None] = lambda event: None,
) -> Manifest:
    """The project with the SQL of every model as a full refresh would run it.

    A full refresh looks at no table, so the SQL is the same on every root, an empty one included.

    Raises:
        LakehouseError: A file can't be parsed, or a model not be compiled.
    """
    manifest: Manifest = invoke_dbt(settings, run_id, ["parse"], on_event)
    kinds = {str(node.resource_type) for node in manifest.nodes.values()} & _COMPILED
    selected = [f"resource_type:{kind}" for kind in sorted(kinds)]
    arguments = ["compile", "--full-refresh", "--select", *selected]
    done = invoke_dbt(settings, run_id, arguments, on_event, manifest)
    for node in map(_node_result, done.results):
        if node.is_bad:
            raise LakehouseError(
                f"{node.file} can't be compiled: {node.message}", "Fix it, then run again."
            )
    return manifest


def invoke_dbt(
    settings: Settings,
    run_id: str,
    arguments: Sequence[str],
    on_event: Callable[[NodeEvent], None] = lambda event: None,
    manifest: Manifest | None = None,
    target: str | None = None,
) -> Any:
    """As `run_dbt`, with the result as dbt gives it.

    Args:
        settings: Where the lakehouse is.
        run_id: Name of the run.
        arguments: As on dbt's command line.
        on_event: Called with progress.
        manifest: The project as it was parsed before; dbt then does not parse it again.
        target: Of the profile; None for the one of the embedded engine.

    Raises:
        LakehouseError: dbt could not even start on the nodes.
    """
    # dbt takes seconds to import, and a run with nothing new does without it.
    from dbt.cli.main import dbtRunner
    from dbt_common.events.functions import reset_metadata_vars

    os.environ["LAKEHOUSE_ROOT"] = settings.root
    os.environ[_RUN_ID_VARIABLE] = run_id
    reset_metadata_vars()
    folder = settings.log_folder / "dbt"
    chosen = ["--target", target or _TARGETS[settings.engine]]
    with dbt_works_on(settings):
        outcome = dbtRunner(manifest, callbacks=[_Listener(on_event)]).invoke(
            [*arguments, *chosen, *_places(folder)]
        )
    if isinstance(outcome.exception, KeyboardInterrupt):
        raise outcome.exception
    if isinstance(outcome.exception, _NothingSelected):
        parsed = invoke_dbt(settings, run_id, ["parse"], target=target)
        raise selects_nothing(str(outcome.exception), parsed)
    if outcome.exception is not None:
        raise _explained(outcome.exception, folder)
    return outcome.result


def artifacts_folder(settings: Settings) -> Path:
    """Where dbt leaves what it knows of the project and of its last command."""
    return settings.log_folder / "dbt" / _TARGET_FOLDER


def _places(folder: Path) -> list[str]:
    return [
        *("--project-dir", str(project.PROJECT_FOLDER)),
        *("--profiles-dir", str(project.PROJECT_FOLDER / "profiles")),
        *("--target-path", str(folder / _TARGET_FOLDER)),
        *("--log-path", str(folder)),
        *("--log-level", "none"),
        # What dbt would say on a terminal, each failure with all the words of the engine.
        *("--log-level-file", "info"),
        "--no-version-check",
    ]


class _NothingSelected(Exception):
    """A criterion of the selection that no node meets."""


class _Listener:
    """Turns dbt's events into progress, and stops dbt where it would build less than was named."""

    def __init__(self, on_event: Callable[[NodeEvent], None]) -> None:
        self._on_event = on_event

    def __call__(self, event: EventMsg) -> None:
        if event.info.name == "NoNodesForSelectionCriteria":
            if not compares_states(event.data.spec_raw):
                raise _NothingSelected(event.data.spec_raw)
        elif event.info.name in ("LogStartLine", "NodeStart", "NodeFinished"):
            node = event.data.node_info
            index = getattr(event.data, "index", 0)
            self._on_event(
                NodeEvent(
                    name=node.node_name,
                    kind=node.resource_type,
                    is_finished=event.info.name == "NodeFinished",
                    position=index,
                    total=getattr(event.data, "total", 0),
                )
            )


def _node_result(result: Any) -> NodeResult:
    node = result.node
    return NodeResult(
        name=node.name,
        kind=str(node.resource_type),
        table=table_of(node),
        status=str(result.status),
        failures=int(result.failures or 0),
        seconds=float(result.execution_time),
        message=placed(result.message or "", node.original_file_path),
        file=node.original_file_path,
    )


def table_of(node: Any) -> str | None:
    """`<layer>.<table>` that a node of dbt builds or tests, None for a test of several."""
    kind = str(node.resource_type)
    if kind in _RUNS:
        return f"{node.config.schema}.{node.name}"
    named = getattr(node, "attached_node", None) or getattr(node, "tested_node_unique_id", None)
    tested = [named] if named else list(node.depends_on.nodes)
    if len(tested) != 1:
        return None
    parts = str(tested[0]).split(".")
    if parts[0] == "source":
        return f"{parts[2]}.{parts[3]}"
    return parts[-1]


def _explained(error: BaseException, log_folder: Path) -> LakehouseError:
    if isinstance(error, OSError):
        return LakehouseError(
            f"dbt can't write below {log_folder}: {error.strerror}.",
            "Free space or give rights there, then run again; no table was touched.",
        )
    step = f"Fix the file that it names and run again; the whole log is {log_folder / 'dbt.log'}."
    if type(error).__name__ in _OF_ARGUMENTS:
        step = "`dbt build --help` lists the arguments that a build takes."
    words = placed(str(error))
    return lost_session(str(error)) or LakehouseError(
        f"dbt stopped before it built anything: {words}", step
    )
