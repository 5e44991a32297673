"""Zip files that are the same, byte for byte, whenever their contents are."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

# The first moment that a zip can hold.
_TIME = (1980, 1, 1, 0, 0, 0)
_MODE = 0o644
_UNIX = 3


def write_zip(target: Path, files: Mapping[str, Path]) -> None:
    """Write a zip in which neither times, nor owners, nor the order of a folder play a part.

    Args:
        target: The file to write.
        files: Name in the zip to the file that it is read from.
    """
    with ZipFile(target, "w") as archive:
        for name in sorted(files):
            entry = ZipInfo(name, _TIME)
            entry.compress_type = ZIP_DEFLATED
            entry.create_system = _UNIX
            entry.external_attr = _MODE << 16
            archive.writestr(entry, files[name].read_bytes())
