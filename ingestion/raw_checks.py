"""Whether a folder is one of raw files, asked before anything is written."""

from __future__ import annotations

from ingestion.errors import LakehouseError
from ingestion.files import is_data, raw_names, require_folder
from ingestion.tables import TABLES
from ingestion.visible import visible


def require_raw(raw: str, root: str) -> None:
    """Check that a folder is one of raw files, before anything is written.

    Raises:
        LakehouseError: It does not exist, holds the root, or is above or below the right folder.
    """
    if not _is_utf8(raw):
        raise LakehouseError(
            f"The name of the raw folder {visible(raw)} is not UTF-8.", "Rename it, or copy it."
        )
    require_folder(raw)
    if f"{root}/".startswith(f"{raw}/"):
        raise LakehouseError(
            f"The root {root} lies in the raw folder {raw}: its tables would be read as raw files.",
            "Name another place for the tables with --root, or the right folder with --raw.",
        )
    names = [name for name in raw_names(raw) or () if is_data(name)]
    if not names or any(name.split("/")[0] in TABLES for name in names):
        return
    own_name = raw.rpartition("/")[2]
    if own_name in TABLES and any("/" not in name for name in names):
        problem = f"The raw folder {raw} looks like the folder {own_name}/ of one."
        raise LakehouseError(problem, f"Name its parent: --raw {raw.rpartition('/')[0] or '/'}")
    folders = ", ".join(f"{name}/" for name in TABLES)
    inner = {
        "/".join(parts[:place])
        for parts in (name.split("/") for name in names)
        for place, part in enumerate(parts[:-1])
        if part in TABLES
    }
    raise LakehouseError(
        f"The raw folder {raw} has none of the folders {folders}.",
        f"Name the folder that has them: --raw {f'{raw}/{min(inner)}' if inner else 'DIR'}",
    )


def _is_utf8(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
