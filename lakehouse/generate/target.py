"""The folder that is written to: never one that already holds data."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from ingestion.errors import LakehouseError
from ingestion.tables import TABLES


class RawFolder:
    """Writes files below raw/ and says so, one call of `on_file` a file.

    Raises:
        LakehouseError: A table's folder holds files, or the folder can't be written.
    """

    def __init__(self, raw: Path, on_file: Callable[[str], None]) -> None:
        _check_is_free(raw)
        self.raw = raw
        self._on_file = on_file

    def write(self, path: str, data: bytes) -> None:
        """Write one file.

        Args:
            path: Relative to raw/.
            data: The content.
        """
        target = self.raw / path
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(data)
        except OSError as error:
            raise LakehouseError(
                f"{target} can't be written: {error.strerror}.",
                f"Fix the cause or choose another folder, remove {self.raw}, then run again.",
            ) from error
        self._on_file(path)

    def repeat(self, path: str, original: str) -> None:
        """Write the content of a file again under another path."""
        self.write(path, (self.raw / original).read_bytes())


def _check_is_free(raw: Path) -> None:
    """Refuse to mix synthetic files into data: nobody could tell them apart afterwards."""
    try:
        for table in TABLES:
            found = next((file for file in (raw / table).rglob("*") if not file.is_dir()), None)
            if found is not None:
                raise LakehouseError(
                    f"{raw} already holds data, such as {found.relative_to(raw)}; synthetic files "
                    "are never mixed into it.",
                    "Name a new or empty folder, or remove this one first.",
                )
    except OSError as error:
        raise LakehouseError(
            f"{raw} can't be read: {error.strerror}.", "Name another folder."
        ) from error
