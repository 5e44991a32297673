"""The erasure of a person, from the search to the proof."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import UTC, datetime

from pyspark.sql import SparkSession

from ingestion.errors import LakehouseError
from ingestion.layers import BUILT_LAYERS
from ingestion.ledger import Batch
from ingestion.settings import Settings
from orchestration.pipeline.build import build_models, timed
from orchestration.pipeline.progress import Display
from orchestration.pipeline.run import engine_failures_explained, recorded, start_engine
from orchestration.state.lock import only_run
from orchestration.state.results import RunResult
from orchestration.upkeep.erasure.beside import clear_beside, search_beside, workspaces_to_drop
from orchestration.upkeep.erasure.purge import purge
from orchestration.upkeep.erasure.raw import RawPlace, search_raw
from orchestration.upkeep.erasure.removal import Erasure, find_erasure, remove, suppress
from orchestration.upkeep.erasure.search import (
    Place,
    logs_that_name,
    search_tables,
    tables_of_people,
)


@dataclass(frozen=True)
class Outcome:
    """What was found of a person, and what was done about it.

    Attributes:
        before: Every place that could name the person.
        after: The same places afterwards; empty if nothing was done.
        raw: Raw files that hold the person, None if the raw folder is not there.
        workspaces: Those that there were; an erasure drops them all.
        erasure: The entry in the suppression list, None if there is none.
        result: The run that erased, None if nothing was done.
    """

    before: list[Place]
    after: list[Place]
    raw: list[RawPlace] | None
    workspaces: list[str]
    erasure: Erasure | None
    result: RunResult | None

    @property
    def exit_code(self) -> int:
        """1 if the build failed or something of the person is left, else 0."""
        is_left = any(not place.is_clean for place in self.after)
        return 1 if is_left or (self.result is not None and self.result.exit_code) else 0


def erase_user(
    settings: Settings, display: Display, user_id: int, *, is_confirmed: bool
) -> Outcome:
    """Erase a person, or finish an erasure that was cut off.

    Args:
        settings: Where; the root is a folder of this machine.
        display: Where progress is shown.
        user_id: The person.
        is_confirmed: Do it; else only the search is done.

    Raises:
        LakehouseError: Nobody knows the person, or what a user can fix stopped the run.
    """
    batch = Batch(uuid.uuid4().hex, datetime.now(UTC))
    with only_run(settings), engine_failures_explained(settings):
        erasure = find_erasure(settings, user_id)
        before, raw = _search(settings, user_id), search_raw(settings, user_id)
        workspaces = workspaces_to_drop(settings)
        is_inside = any(not place.is_clean for place in before)
        if not is_inside and not raw and erasure is None:
            raise LakehouseError(
                f"Nothing below {settings.root} or in the raw folder {settings.raw} is of"
                f" user_id {user_id}.",
                "Check the number and the folders, see --root and --raw; nothing was written.",
            )
        if not is_confirmed or (erasure and not is_inside):
            return Outcome(before, [], raw, workspaces, erasure, None)
        result = RunResult(batch.batch_id, "erase-user")
        spark = start_engine(settings, display, result)
        with recorded(settings, result, batch.started_at):
            erasure = _erase(spark, settings, display, user_id, batch, result)
        return Outcome(before, _search(settings, user_id), raw, workspaces, erasure, result)


def _search(settings: Settings, user_id: int) -> list[Place]:
    return [*search_tables(settings, user_id), *search_beside(settings, user_id)]


def _erase(
    spark: SparkSession,
    settings: Settings,
    display: Display,
    user_id: int,
    batch: Batch,
    result: RunResult,
) -> Erasure:
    """Erase; of a build that was not published, silver and gold stay as they are.

    The person is in them still, and readers and a later publication go by what they are.
    """
    with display.step("erase") as step, timed(result, "erase"):
        # First of all, so that no run between a crash and its repair brings the person back.
        step("noting whom to leave out", 0, 0)
        erasure = find_erasure(settings, user_id)
        if erasure is None:
            suppress(spark, settings, user_id, batch)
            erasure = Erasure(batch.batch_id, batch.started_at)
        step("taking records out", 0, 0)
        remove(spark, settings, user_id, erasure, batch)
        clear_beside(settings, user_id)
    build_models(settings, display, result, ())
    with display.step("purge") as step, timed(result, "purge"):
        folders = {
            name: folder
            for name, folder in tables_of_people(settings).items()
            if result.workspace is None or name.split(".")[0] not in BUILT_LAYERS
        }
        for done, (name, folder) in enumerate(folders.items()):
            step(f"deleting old versions of {name}", done, len(folders))
            purge(name, folder)
        for path in logs_that_name(settings, user_id):
            path.unlink()
    return erasure
