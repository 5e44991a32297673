"""Dismiss a quarantined file: it stays refused, and no run asks for it any more."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime

from ingestion.dismissing import dismiss as dismiss_file
from ingestion.ledger import Batch, LedgerRow
from ingestion.settings import Settings
from orchestration.pipeline.progress import Display
from orchestration.pipeline.run import engine_failures_explained, recorded, start_engine
from orchestration.state.lock import only_run
from orchestration.state.results import RunResult
from orchestration.state.versions import require_lakehouse


def dismiss(settings: Settings, source_file: str, display: Display) -> list[LedgerRow]:
    """Take a file out of the quarantine, as a run of its own in the history.

    Returns:
        Its rows of the ledger, as they were.

    Raises:
        LakehouseError: It is not in quarantine, or what a user can fix stopped it.
    """
    started_at = datetime.now(UTC)
    result = RunResult(uuid.uuid4().hex, "dismiss")
    require_lakehouse(settings)
    with only_run(settings), engine_failures_explained(settings):
        spark = start_engine(settings, display, result)
        with recorded(settings, result, started_at):
            return dismiss_file(spark, settings, Batch(result.run_id, started_at), source_file)
