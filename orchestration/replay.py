"""Replay: what bronze refused is read again with today's rules, then silver and gold are built.

Data flow: review -> (dry run: report) -> repair bronze -> build -> what was healed in silver
"""

from __future__ import annotations

import uuid
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime

from ingestion.completeness import MissingFile
from ingestion.errors import LakehouseError
from ingestion.files import require_folder
from ingestion.ledger import Batch
from ingestion.lock import only_run
from ingestion.replay import Review, repair, review
from ingestion.settings import Settings
from ingestion.tables import TABLES
from orchestration.delta_reader import connect
from orchestration.last_build import project_digest, run_that_built
from orchestration.progress import Display
from orchestration.query_display import has_table
from orchestration.run import (
    EXIT_FAILED,
    EXIT_INCOMPLETE,
    EXIT_WELL,
    RunResult,
    build_models,
    engine_failures_explained,
    recorded,
    start_engine,
    timed,
)
from orchestration.versions import current_versions

_REFUSED = (
    "select source_file, record_number, unnest(reasons) as reason from silver.{table}_rejected"
)


@dataclass
class Replay:
    """What a replay did, or would do.

    Attributes:
        result: Of the run that it is; without a build in a dry run.
        review: What was found in quarantine and among the rejects.
        missing: What is missing in the end.
        healed: Table and reason to the number of silver's refused rows that have it no more.
        is_needed: There was something to repair or to build.
    """

    result: RunResult
    review: Review
    missing: list[MissingFile] = field(default_factory=list)
    healed: Counter[tuple[str, str]] = field(default_factory=Counter)
    is_needed: bool = True

    @property
    def exit_code(self) -> int:
        """0 all well; 2 finished, but files are still in quarantine or missing; 1 a node failed."""
        if self.result.exit_code == EXIT_FAILED:
            return EXIT_FAILED
        return EXIT_INCOMPLETE if self.review.quarantined or self.missing else EXIT_WELL


def replay(settings: Settings, display: Display, *, dry_run: bool) -> Replay:
    """Read again what was refused and repair what today's rules load; a dry run writes nothing.

    Raises:
        LakehouseError: What a user can mend stopped it.
    """
    started_at = datetime.now(UTC)
    result = RunResult(uuid.uuid4().hex, "replay")
    require_folder(settings.raw)
    _require_lakehouse(settings)
    batch = Batch(result.run_id, started_at)
    with only_run(settings), engine_failures_explained(settings):
        spark = start_engine(settings, display, result)
        with display.step("replay") as step, timed(result, "review"):
            found = review(spark, settings, batch, step)
        is_needed = bool(found.repairs) or not _is_built(settings)
        done = Replay(result, found, is_needed=is_needed)
        if dry_run or not is_needed:
            return done
        with recorded(settings, result, started_at):
            with display.step("repair") as step, timed(result, "repair"):
                done.missing = repair(spark, settings, batch, found, step)
            refused = _refused_by_silver(settings)
            build_models(settings, display, result, ())
            done.healed = _count(refused - _refused_by_silver(settings))
    return done


def _require_lakehouse(settings: Settings) -> None:
    if not has_table(connect(settings), "ops", "ingested_files"):
        raise LakehouseError(
            f"There is no lakehouse at {settings.root}.",
            "Make one with `lakehouse run --raw DIR --root DIR`, or name another with --root.",
        )


def _is_built(settings: Settings) -> bool:
    return (
        run_that_built(settings, project_digest(settings), current_versions(settings)) is not None
    )


_Refused = set[tuple[str, str, int, str]]


def _refused_by_silver(settings: Settings) -> _Refused:
    """Table, file, record and reason of each row that silver refuses or lets wait."""
    connection = connect(settings)
    return {
        (table, *row)
        for table in TABLES
        if has_table(connection, "silver", f"{table}_rejected")
        for row in connection.execute(_REFUSED.format(table=table)).fetchall()
    }


def _count(healed: _Refused) -> Counter[tuple[str, str]]:
    return Counter((table, reason) for table, _, _, reason in healed)
