"""What lies below a folder of this machine, whatever that is: files, links, pipes, foreign tables.

Data flow: folder -> path below it of each file, or of what is none, with the reason

Nothing stops the listing: what can't be opened is named, and the others are loaded. Links are
followed within the folder.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from ingestion.errors import LakehouseError
from ingestion.limits import MAX_DEPTH
from ingestion.visible import shown

_KINDS: dict[str, Callable[[int], bool]] = {
    "a named pipe": stat.S_ISFIFO,
    "a socket": stat.S_ISSOCK,
    "a device": lambda mode: stat.S_ISCHR(mode) or stat.S_ISBLK(mode),
}


@dataclass(frozen=True)
class Found:
    """Something that is no folder.

    Attributes:
        name: Path below the folder; bytes that are not UTF-8 are escaped.
        path: To open it with.
        real_path: Without links.
        is_linked: A link leads to it or to a folder that it is in.
        fault: `code: detail` if it can't be opened.
    """

    name: str
    path: Path
    real_path: Path
    is_linked: bool
    fault: str | None = None


def entries_below(folder: Path) -> Iterator[Found]:
    """List what lies below a folder; hidden files and folders are left out.

    Raises:
        LakehouseError: The folder itself can't be listed.
    """
    top = folder.resolve()
    # Folders to list: their paths, real paths from the top to each, and if a link led there.
    waiting: list[tuple[str, Path, tuple[Path, ...], bool]] = [("", folder, (top,), False)]
    while waiting:
        below, path, chain, is_linked = waiting.pop()
        try:
            names = sorted(inner.name for inner in path.iterdir())
        except OSError as error:
            if not below:
                raise _refusal(error) from None
            yield Found(_escaped(below), path, chain[-1], is_linked, _unreadable(error))
            continue
        for name in names:
            if name.startswith((".", "_")):
                continue
            inner = f"{below}/{name}" if below else name
            entry, is_folder = _look(inner, path / name, chain, is_linked)
            if is_folder:
                waiting.append((inner, entry.path, (*chain, entry.real_path), entry.is_linked))
            else:
                yield entry


def _look(name: str, path: Path, chain: tuple[Path, ...], is_linked: bool) -> tuple[Found, bool]:
    """What a path is, and whether it is a folder to list."""
    is_link, real_path = False, chain[-1] / path.name
    try:
        is_link = path.is_symlink()
        if is_link:
            real_path = path.resolve(strict=True)
        mode = path.stat().st_mode
    except (OSError, RuntimeError) as error:  # the second for a link that leads to itself
        missing = _unreadable(error)
        if is_link:
            missing = f"broken_link: it leads to {_target(path)}, which is not there"
        return Found(_escaped(name), path, real_path, is_linked, missing), False
    is_folder = stat.S_ISDIR(mode)
    fault: str | None = None
    if not real_path.is_relative_to(chain[0]):
        words = "outside the raw folder; copy it into that"
        fault = f"link_outside: it leads to {shown(str(real_path))}, {words}"
    elif is_folder:
        fault = _fault_of_folder(path, real_path, chain)
    elif not stat.S_ISREG(mode):
        kind = next((kind for kind, holds in _KINDS.items() if holds(mode)), "something else")
        fault = f"no_file: this is {kind}; only regular files are read"
    elif _escaped(name) != name:
        fault = "wrong_name: its name is not UTF-8"
    found = Found(_escaped(name), path, real_path, is_linked or is_link, fault)
    return found, is_folder and fault is None


def _fault_of_folder(path: Path, real_path: Path, chain: tuple[Path, ...]) -> str | None:
    if real_path in chain:
        return "broken_link: it leads back to a folder that it lies in"
    if len(chain) > MAX_DEPTH:
        return f"too_deep: more than {MAX_DEPTH} folders lie in each other"
    if (path / "_delta_log").is_dir():
        return "wrong_folder: this is a table, no raw file; keep roots outside the raw folder"
    return None


def _target(path: Path) -> str:
    return shown(_escaped(str(path.readlink())))


def _unreadable(error: Exception) -> str:
    return f"unreadable: {getattr(error, 'strerror', None) or error}"


def _escaped(name: str) -> str:
    return os.fsencode(name).decode(errors="backslashreplace")


def _refusal(error: OSError) -> LakehouseError:
    return LakehouseError(
        f"The raw folder {error.filename} can't be read: {error.strerror}.",
        "Give this user the right to list it and run again.",
    )
