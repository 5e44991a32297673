"""What a raw file is refused for as a whole."""

from __future__ import annotations


class FileFault(Exception):
    """A fault of the file as a whole, for which it is quarantined.

    Args:
        code: Stable code, such as `missing_column`.
        detail: The difference in plain words.
    """

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(f"{code}: {detail}")
        self.code = code
        self.detail = detail
