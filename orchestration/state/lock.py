"""One run at a time on one root: Delta tables on a plain store want one writer."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from socket import gethostname

from ingestion.errors import LakehouseError
from ingestion.settings import Settings
from orchestration.state.publications import finish_publication
from orchestration.state.storage import storage_of

# Names the run that a restore goes back to, while some tables may be as then and others as now.
_UNFINISHED = ".unfinished-restore"


@contextmanager
def only_run(settings: Settings, *, goes_on_with_restore: bool = False) -> Iterator[None]:
    """Hold the root for one run; a publication that was cut off is finished first.

    Args:
        settings: Where the root is.
        goes_on_with_restore: The run may begin where a restore was cut off.

    Raises:
        LakehouseError: Another run holds it, it can't be written, or a restore was cut off in it.
    """
    since = f"{datetime.now(UTC):%Y-%m-%d %H:%M:%S} UTC"
    with storage_of(settings.root).lock(f"process {os.getpid()} on {gethostname()}, since {since}"):
        finish_publication(settings)
        if not goes_on_with_restore:
            _require_whole(settings)
        yield


def unfinished_restore(settings: Settings) -> str | None:
    """The run that a restore was going back to when it was cut off, None if there was none."""
    mark = storage_of(settings.root).read(_UNFINISHED)
    return None if mark is None else mark.decode()


@contextmanager
def restore_under_way(settings: Settings, run_id: str) -> Iterator[None]:
    """Leave a mark at the root unless what happens inside comes to its end.

    Raises:
        LakehouseError: The root can't be written.
    """
    storage = storage_of(settings.root)
    storage.write(_UNFINISHED, run_id.encode())
    yield
    storage.delete(_UNFINISHED)


def _require_whole(settings: Settings) -> None:
    run_id = unfinished_restore(settings)
    if run_id is not None:
        raise LakehouseError(
            f"A restore of {settings.root} was cut off: some tables are as run {run_id} left them,"
            " others are not.",
            f"Finish it with `lakehouse restore --run {run_id}`, then run again.",
        )
