"""The forms in which commands that look print what they found."""

from __future__ import annotations

from enum import StrEnum


class Format(StrEnum):
    """For people, or for programs."""

    TABLE = "table"
    JSON = "json"
