"""The raw folder that a root was last loaded from, kept beside its tables.

Whoever has loaded a folder once need not name it again. A raw folder in the root or beside it is
kept relative to the root, so that both can be moved or copied together; any other as it is.
"""

from __future__ import annotations

from os.path import relpath
from pathlib import Path

from ingestion.settings import Settings, absolute
from orchestration.state.storage import storage_of

_MARK = ".raw-folder"


def remember_raw(settings: Settings) -> None:
    """Keep the raw folder of these settings; nothing is written if it is the one that is kept.

    Raises:
        LakehouseError: The root can't be read or written.
    """
    kept = _relative(settings)
    storage = storage_of(settings.root)
    if storage.read(_MARK) != kept.encode():
        storage.write(_MARK, kept.encode())


def remembered_raw(settings: Settings) -> str | None:
    """The raw folder that the root was last loaded from, absolute; None if none is known.

    Raises:
        LakehouseError: The root can't be read.
    """
    kept = (storage_of(settings.root).read(_MARK) or b"").decode(errors="replace")
    if not kept:
        return None
    is_whole = "://" in kept or Path(kept).is_absolute()
    return absolute(kept if is_whole else f"{settings.root}/{kept}")


def _relative(settings: Settings) -> str:
    root, raw = settings.root, settings.raw
    if raw.startswith(f"{root}/"):
        return raw.removeprefix(f"{root}/")
    if settings.is_local and Path(raw).parent == Path(root).parent:
        return relpath(raw, root)
    return raw
