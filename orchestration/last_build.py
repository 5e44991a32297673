"""What the last good build was made from, so that a run with nothing new has nothing to build.

Data flow: project files + version of every table -> state -> ops.builds -> compared by the next run

A build is left out only if everything that could change its outcome is as it was: models, macros,
seeds, tests and settings of the project, and the version of every table that is read or built. A
table that somebody has changed by hand, or that a build of some models has moved, is noticed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pyarrow.compute as pc
from deltalake import DeltaTable
from deltalake.exceptions import TableNotFoundError
from pyspark.sql import SparkSession

from ingestion.ops_tables import BUILDS
from ingestion.settings import Settings
from orchestration.dbt import PROJECT_FOLDER

_PROJECT_FILES = (
    *("dbt_project.yml", "profiles/profiles.yml", "uv.lock"),
    *(f"{folder}/**/*.*" for folder in ("models", "macros", "seeds", "snapshots", "tests/dbt")),
)
# Of ops, what the models' tests read; the rest is written by the run itself.
_TABLES = ("bronze/*", "silver/*", "gold/*", "ops/ingested_files", "ops/rejected_records")


@dataclass(frozen=True)
class State:
    """Everything that the outcome of a whole build depends on.

    Attributes:
        project: SHA-256 of the project's files and of the prefix of the databases.
        versions: `<layer>.<table>` to the number of its last commit.
    """

    project: str
    versions: dict[str, int]


def current_state(settings: Settings, project_folder: Path = PROJECT_FOLDER) -> State:
    """The state of now."""
    root = Path(settings.root)
    logs = (log for table in _TABLES for log in root.glob(f"{table}/_delta_log"))
    versions = {
        f"{log.parent.parent.name}.{log.parent.name}": log.parent
        for log in logs
        if any(log.glob("*.json"))  # not so where a build was killed inside a table's first commit
    }
    return State(
        project=_digest(project_folder, settings.database_prefix),
        versions={name: DeltaTable(path).version() for name, path in sorted(versions.items())},
    )


def run_that_built(settings: Settings, state: State) -> str | None:
    """The last run that built and tested everything, if it left this very state; else None."""
    try:
        builds = DeltaTable(settings.location("ops", "builds")).to_pyarrow_table()
    except TableNotFoundError:
        return None
    newest = builds.filter(pc.equal(builds["built_at"], pc.max(builds["built_at"]))).to_pylist()[0]
    was = State(newest["project"], dict(newest["versions"]))
    return str(newest["run_id"]) if was == state else None


def record_build(spark: SparkSession, settings: Settings, run_id: str, built_at: datetime) -> None:
    """Remember the state of now as the work of a run that built and tested everything."""
    state = current_state(settings)
    row = (run_id, state.project, state.versions, built_at)
    spark.createDataFrame([row], BUILDS).write.format("delta").mode("append").save(
        settings.location("ops", "builds")
    )


def _digest(project_folder: Path, database_prefix: str) -> str:
    digest = hashlib.sha256(database_prefix.encode())
    for path in sorted(_files(project_folder)):
        digest.update(path.relative_to(project_folder).as_posix().encode())
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def _files(project_folder: Path) -> Iterator[Path]:
    for pattern in _PROJECT_FILES:
        yield from (path for path in project_folder.glob(pattern) if path.is_file())
