"""Replay: what bronze refused is read again with today's rules, then silver and gold are built.

Data flow: review -> (dry run: report) -> repair bronze -> build -> what was healed in silver
"""

from __future__ import annotations

import uuid
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime

from ingestion.files import require_folder
from ingestion.ingest import Report
from ingestion.ledger import Batch
from ingestion.planning import Plan
from ingestion.replay import Outcome, Review, repair, review
from ingestion.settings import Settings
from ingestion.tables import TABLES
from orchestration.pipeline.build import build_models, timed
from orchestration.pipeline.progress import Display
from orchestration.pipeline.run import engine_failures_explained, recorded, start_engine
from orchestration.project.digest import project_digest
from orchestration.state.build_cache import run_that_built
from orchestration.state.delta_reader import connect, has_table
from orchestration.state.lock import only_run
from orchestration.state.results import RunResult
from orchestration.state.versions import current_versions, require_lakehouse

_REFUSED = (
    "select source_file, record_number, unnest(reasons) as reason from silver.{table}_rejected"
)


@dataclass
class Replay:
    """What a replay did, or would do.

    Attributes:
        result: Of the run that it is; without a build in a dry run.
        review: What was found in quarantine and among the rejects.
        healed: Table and reason to the number of silver's refused rows that have it no more.
        is_needed: There was something to repair or to build.
        judged_again: Rows that silver refuses or lets wait, if there is a build to judge them.
    """

    result: RunResult
    review: Review
    healed: Counter[tuple[str, str]] = field(default_factory=Counter)
    is_needed: bool = True
    judged_again: int = 0

    @property
    def exit_code(self) -> int:
        """0 all well; 2 finished, but files are still in quarantine or missing; 1 a node failed."""
        return self.result.exit_code


def replay(settings: Settings, display: Display, *, dry_run: bool) -> Replay:
    """Read again what was refused and repair what today's rules load; a dry run writes nothing.

    Raises:
        LakehouseError: What a user can fix stopped it.
    """
    started_at = datetime.now(UTC)
    result = RunResult(uuid.uuid4().hex, "replay")
    require_folder(settings.raw)
    require_lakehouse(settings)
    batch = Batch(result.run_id, started_at)
    with only_run(settings), engine_failures_explained(settings):
        spark = start_engine(settings, display, result)
        with display.step("replay") as step, timed(result, "review"):
            found = review(spark, settings, batch, step)
        result.report = Report(Plan(quarantined=found.quarantined))
        done = Replay(result, found, is_needed=bool(found.repairs) or not _is_built(settings))
        if not done.is_needed:
            return done
        refused = _refused_by_silver(settings, found)
        done.judged_again = len({row[:3] for row in refused})
        if dry_run:
            return done
        with recorded(settings, result, started_at):
            with display.step("repair") as step, timed(result, "repair"):
                result.report.missing = repair(spark, settings, batch, found, step)
                result.report.rows = [finding.after for finding in found.repairs]
            build_models(settings, display, result, ())
            done.healed = _count(refused - _refused_by_silver(settings, found))
    return done


def _is_built(settings: Settings) -> bool:
    return (
        run_that_built(settings, project_digest(settings), current_versions(settings)) is not None
    )


_Refused = set[tuple[str, str, int, str]]


def _refused_by_silver(settings: Settings, found: Review) -> _Refused:
    """Table, file, record and reason of each row that silver refuses or lets wait.

    Rows that a repair takes away, for those of a newer version or of a copy, are left out: they
    vanish and are not healed.
    """
    replaced = {row.source_file for load in found.loads for row in load.replaces}
    replaced |= {
        finding.row.source_file
        for finding in found.repairs
        if finding.outcome in (Outcome.LOADED, Outcome.DUPLICATE)
    }
    connection = connect(settings, ["silver"])
    return {
        (table, *row)
        for table in TABLES
        if has_table(connection, "silver", f"{table}_rejected")
        for row in connection.execute(_REFUSED.format(table=table)).fetchall()
        if row[0] not in replaced
    }


def _count(healed: _Refused) -> Counter[tuple[str, str]]:
    return Counter((table, reason) for table, _, _, reason in healed)
