"""One run at a time on one root: Delta tables on a plain store want one writer."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from filelock import FileLock, Timeout

from ingestion.errors import LakehouseError
from ingestion.settings import Settings

# Names the run that a restore goes back to, while some tables may be as then and others as now.
_UNFINISHED = ".unfinished-restore"


@contextmanager
def only_run(settings: Settings, *, goes_on_with_restore: bool = False) -> Iterator[None]:
    """Hold the root for one run; the system lets go of it even when the process is killed.

    A root on S3 is guarded by the state machine, which runs one execution at a time.

    Args:
        settings: Where the root is.
        goes_on_with_restore: The run may begin where a restore was cut off.

    Raises:
        LakehouseError: Another run holds it, it can't be written, or a restore was cut off in it.
    """
    if not settings.is_local:
        yield
        return
    root = Path(settings.root)
    lock = _open(root)
    holder = root / ".lock-holder"
    try:
        lock.acquire(timeout=0)
    except Timeout:
        raise LakehouseError(
            f"Another run is at work on {root} ({_read(holder)}).",
            "Wait until it has ended, then run again; or choose another root with --root.",
        ) from None
    except OSError as error:
        raise _unwritable(root, error) from None
    try:
        holder.write_text(f"process {os.getpid()}, since {datetime.now(UTC):%Y-%m-%d %H:%M:%S} UTC")
        if not goes_on_with_restore:
            _require_whole(settings)
        yield
    finally:
        lock.release()


def unfinished_restore(settings: Settings) -> str | None:
    """The run that a restore was going back to when it was cut off, None if there was none."""
    mark = Path(settings.root) / _UNFINISHED
    return mark.read_text() if mark.exists() else None


@contextmanager
def restore_under_way(settings: Settings, run_id: str) -> Iterator[None]:
    """Leave a mark at the root unless what happens inside comes to its end.

    Raises:
        LakehouseError: The root can't be written.
    """
    root = Path(settings.root)
    new = root / f"{_UNFINISHED}.new"
    try:
        new.write_text(run_id)
        new.replace(root / _UNFINISHED)
    except OSError as error:
        raise _unwritable(root, error) from None
    yield
    (root / _UNFINISHED).unlink()


def _require_whole(settings: Settings) -> None:
    run_id = unfinished_restore(settings)
    if run_id is not None:
        raise LakehouseError(
            f"A restore of {settings.root} was cut off: some tables are as run {run_id} left them,"
            " others are not.",
            f"Finish it with `lakehouse restore --run {run_id}`, then run again.",
        )


def _open(root: Path) -> FileLock:
    try:
        root.mkdir(parents=True, exist_ok=True)
        probe = root / ".write-probe"
        probe.write_bytes(b"")
        probe.unlink()
    except OSError as error:
        raise _unwritable(root, error) from None
    return FileLock(root / ".lock")


def _unwritable(root: Path, error: OSError) -> LakehouseError:
    return LakehouseError(
        f"The root {root} can't be written: {error.strerror or error}.",
        "Choose another folder with --root or LAKEHOUSE_ROOT, or free space or give rights there.",
    )


def _read(holder: Path) -> str:
    try:
        return holder.read_text()
    except OSError:
        return "process unknown"
