"""Folders by names that every engine can take.

The engines read a path partly as text and partly as a URL or a pattern: a table of `My Lake` ends
in `My%20Lake`, one of `a*b` is found nowhere. So a folder with such a name is shown to them through
a link whose name is plain. delta-rs follows links to the name itself, and there are names that it
can't take; those are refused.
"""

from __future__ import annotations

import atexit
import re
import shutil
import tempfile
from functools import cache
from pathlib import Path

from ingestion.errors import LakehouseError

_PLAIN = re.compile(r"[\w./-]*", re.ASCII)
# The last are bytes of a name that is not UTF-8, as Python writes them.
_REFUSED = re.compile(r"%[0-9A-Fa-f]{2}|[\[\]|\\^\x00-\x1f\x7f\ud800-\udfff]")


def require_usable(folder: str, purpose: str, remedy: str) -> None:
    """Refuse a folder that the tables can't be in.

    Args:
        folder: Absolute path.
        purpose: What it is, the first words of the message.
        remedy: What to do.

    Raises:
        LakehouseError: Its path has characters that a reader of Delta tables takes for others.
    """
    refused = _REFUSED.search(folder)
    if refused:
        raise LakehouseError(
            f"{purpose} {folder!r} has {refused[0]!r} in its path, which Delta tables can't have.",
            remedy,
        )


def is_plain(path: str) -> bool:
    """It has only characters that mean themselves everywhere."""
    return _PLAIN.fullmatch(path) is not None


@cache
def plain_path(folder: str) -> str:
    """A path to a folder that is plain: its own, or one through a link that this process keeps."""
    if is_plain(folder):
        return folder
    place = tempfile.gettempdir()
    links = tempfile.mkdtemp(prefix="lakehouse-", dir=place if is_plain(place) else "/tmp")
    atexit.register(shutil.rmtree, links, ignore_errors=True)
    link = Path(links) / "root"
    # An engine makes the folders of a path, but not the one that a link leads to.
    Path(folder).mkdir(parents=True, exist_ok=True)
    link.symlink_to(folder)
    return str(link)
