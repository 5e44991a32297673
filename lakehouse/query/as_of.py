"""Time travel: a table as a version or a point in time left it."""

from __future__ import annotations

from datetime import UTC, datetime

from deltalake import DeltaTable

from ingestion.errors import LakehouseError
from orchestration.state.versions import open_table

AsOf = int | datetime


def parse_as_of(value: str) -> AsOf:
    """A version, or a time in UTC unless it names its zone; a day alone is its first moment.

    Raises:
        LakehouseError: It is neither.
    """
    if value.strip().isdecimal():
        return int(value)
    try:
        moment = datetime.fromisoformat(value.strip())
    except ValueError:
        raise LakehouseError(
            f"{value!r} is neither a version nor a time.",
            "Give --as-of a number, such as 3, or a time, such as '2025-04-10 06:00:00'.",
        ) from None
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)


def opened_as_of(name: str, location: str, as_of: AsOf) -> DeltaTable:
    """A table as it was.

    Raises:
        LakehouseError: It has no such version, or had none yet at that time.
    """
    newest = open_table(name, location)
    if isinstance(as_of, datetime):
        return _opened_at(name, location, newest, as_of)
    if as_of > newest.version():
        raise LakehouseError(
            f"The table {name} has no version {as_of}; its newest is {newest.version()}.",
            "Each table counts its own versions; name a time to mean all tables at once.",
        )
    return open_table(name, location, as_of)


def _opened_at(name: str, location: str, newest: DeltaTable, moment: datetime) -> DeltaTable:
    """The last version committed at or before a moment, by the times of the commits themselves."""
    milliseconds = moment.timestamp() * 1000
    commits = {int(commit["version"]): commit["timestamp"] for commit in newest.history()}
    before = [version for version, time in commits.items() if time <= milliseconds]
    if not before:
        first = datetime.fromtimestamp(min(commits.values()) / 1000, UTC)
        raise LakehouseError(
            f"The table {name} has no version of {moment:%Y-%m-%d %H:%M:%S} UTC;"
            f" its oldest is of {first:%Y-%m-%d %H:%M:%S} UTC.",
            "Name a later time, or leave --as-of out for the newest version.",
        )
    return open_table(name, location, max(before))
