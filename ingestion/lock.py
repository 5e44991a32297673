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


@contextmanager
def only_run(settings: Settings) -> Iterator[None]:
    """Hold the root for one run; the system lets go of it even when the process is killed.

    A root on S3 is guarded by the state machine, which runs one execution at a time.

    Raises:
        LakehouseError: Another run holds it, or the root can't be written.
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
        yield
    finally:
        lock.release()


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
