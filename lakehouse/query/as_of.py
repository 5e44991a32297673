"""Time travel: a table as a version, a point in time or a run left it."""

from __future__ import annotations

from datetime import UTC, datetime

from deltalake import DeltaTable

from ingestion.errors import LakehouseError
from ingestion.layers import BUILT_LAYERS
from ingestion.settings import Settings
from orchestration.state.past_states import AsOf, PastState, state_at
from orchestration.state.published import ShownTable
from orchestration.state.versions import open_table


class Past:
    """Opens tables as they were.

    Of silver and gold readers saw at a time what had been published by then. For other tables, and
    where nothing had been published, the commits of the table itself decide.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._states: dict[datetime, PastState | None] = {}

    def open(self, table: ShownTable, as_of: AsOf) -> DeltaTable:
        """A table as it was.

        Raises:
            LakehouseError: It has no such version, or had none yet.
        """
        name, location = table.name, table.location
        if isinstance(as_of, PastState):
            return as_of.open(name, location)
        if isinstance(as_of, datetime):
            state = self._published_at(name, as_of)
            return state.open(name, location) if state else _opened_at(name, location, as_of)
        newest = open_table(name, location).version()
        if as_of > newest:
            raise LakehouseError(
                f"The table {name} has no version {as_of}; its newest is {newest}.",
                "Each table counts its own versions; name a time or a run to mean all at once.",
            )
        return open_table(name, location, as_of)

    def _published_at(self, table: str, moment: datetime) -> PastState | None:
        if table.split(".")[0] not in BUILT_LAYERS or self._settings.workspace:
            return None
        if moment not in self._states:
            self._states[moment] = state_at(self._settings, moment)
        return self._states[moment]


def _opened_at(name: str, location: str, moment: datetime) -> DeltaTable:
    """The last version committed at or before a moment, by the times of the commits themselves."""
    history = open_table(name, location).history()
    milliseconds = moment.timestamp() * 1000
    commits = {int(commit["version"]): commit["timestamp"] for commit in history}
    before = [version for version, time in commits.items() if time <= milliseconds]
    if not before:
        first = datetime.fromtimestamp(min(commits.values()) / 1000, UTC)
        raise LakehouseError(
            f"The table {name} has no version of {moment:%Y-%m-%d %H:%M:%S} UTC;"
            f" its oldest is of {first:%Y-%m-%d %H:%M:%S} UTC.",
            "Name a later time, or leave --as-of out for the newest version.",
        )
    return open_table(name, location, max(before))
