"""What readers saw once: after a run, or at a time.

Data flow: a version, a time or a run, as people write it + ops.publications, ops.runs,
ops.table_versions -> version of each table

Of silver and gold readers saw the last publication. So after a run that published nothing, such as
a red one, they saw what an earlier one had published. Of bronze they saw what the run recorded.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from deltalake import DeltaTable

from ingestion.errors import LakehouseError
from ingestion.layers import BUILT_LAYERS
from ingestion.settings import Settings
from orchestration.state.past_runs import PastRun, past_runs, read_ops
from orchestration.state.published import PUBLICATIONS_TABLE, Publication
from orchestration.state.versions import TableVersion, open_table, version_of

# So many digits are no number of a version, and may be the beginning of an id.
_DIGITS_OF_AN_ID = 8
_NEWEST = 3
_LATER = "Name a later run; `lakehouse runs` lists them."


@dataclass(frozen=True)
class PastState:
    """What readers saw after a run, or at a time.

    Attributes:
        name: In words, such as `run 1f0c...`.
        moment: The end of the run, or the time, UTC.
        versions: `<layer>.<table>` to its version, for every table that was there.
    """

    name: str
    moment: datetime
    versions: Mapping[str, TableVersion]

    def open(self, table: str, location: str) -> DeltaTable:
        """A table as it was.

        Raises:
            LakehouseError: It was not there, or is not kept any more.
        """
        version = self.versions.get(table)
        if version is None:
            raise LakehouseError(
                f"There was no table {table} as of {self.name}.",
                f"{_LATER} Of the history of runs, in ops, no run keeps a state.",
            )
        try:
            opened = open_table(table, location, version.version)
        except LakehouseError as error:
            raise self._gone(table, error.problem) from error
        if version_of(opened) != version:
            raise self._gone(table, "it has been made anew since.")
        return opened

    def _gone(self, table: str, problem: str) -> LakehouseError:
        return LakehouseError(
            f"{table} can't be read as of {self.name}: {problem}",
            f"`lakehouse maintain` deletes what old runs have left. {_LATER}",
        )


# A number is a version of each table.
AsOf = int | datetime | PastState


def parse_as_of(settings: Settings, value: str) -> AsOf:
    """A version, a time or the beginning of the id of a run, as people write it.

    A time is UTC unless it names its zone; a day alone is its first moment.

    Raises:
        LakehouseError: It is none of these, or more than one run begins like this.
    """
    text = value.strip()
    if text.isdecimal() and len(text) < _DIGITS_OF_AN_ID:
        return int(text)
    runs = _runs(settings)
    if not any(run.run_id.startswith(text) for run in runs):
        if text.isdecimal():
            return int(text)
        try:
            moment = datetime.fromisoformat(text)
        except ValueError:
            raise LakehouseError(
                f"{value!r} is neither a version nor a time nor the beginning of the id of a run.",
                "Give a number, such as 3, a time, such as '2025-04-10 06:00:00', or a"
                f" run{_of(runs)}.",
            ) from None
        return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    return _state_after(settings, runs, text)


def state_at(settings: Settings, moment: datetime) -> PastState | None:
    """What readers saw of silver and gold at a time; None if nothing had been published."""
    before = [one for one in _publications(settings) if one.published_at <= moment]
    name = f"{moment:%Y-%m-%d %H:%M:%S} UTC"
    return PastState(name, moment, before[-1].versions) if before else None


def _state_after(settings: Settings, runs: Sequence[PastRun], wanted: str) -> PastState:
    matching = [run for run in runs if run.run_id.startswith(wanted)]
    if len(matching) != 1:
        raise LakehouseError(
            f"More than one run begins with {wanted!r}.", f"Write more of it{_of(matching)}."
        )
    (run,) = matching
    numbers = {other.run_id: other.number for other in runs}
    seen = [
        one
        for one in _publications(settings)
        if one.run_id == run.run_id
        or (
            numbers[one.run_id] < run.number
            if numbers.get(one.run_id)
            else one.published_at <= run.finished_at
        )
    ]
    # A root from before there were publications: readers saw each table as it was.
    built = seen[-1].versions if seen else _of_layers(run.versions, built=True)
    versions = {**built, **_of_layers(run.versions, built=False)}
    if not versions:
        raise LakehouseError(
            f"Nothing was published by the end of run {run.run_id}.",
            f"Name a later run{_of(runs)}.",
        )
    return PastState(f"run {run.run_id}", run.finished_at, versions)


def _of_layers(versions: Mapping[str, TableVersion], *, built: bool) -> dict[str, TableVersion]:
    return {
        name: one for name, one in versions.items() if (name.split(".")[0] in BUILT_LAYERS) == built
    }


def _of(runs: Sequence[PastRun]) -> str:
    """Where a sentence goes on with the newest of some runs."""
    return f": the newest are {', '.join(run.run_id for run in runs[:_NEWEST])}" if runs else ""


def _runs(settings: Settings) -> list[PastRun]:
    """All runs, the newest first; one that was killed once it had published is among them."""
    runs = past_runs(replace(settings, workspace=""))
    recorded = {run.run_id for run in runs}
    killed = {
        one.run_id: PastRun(one.run_id, 0, "", "", one.published_at, {})
        for one in _publications(settings)
        if one.run_id not in recorded
    }
    return [*runs, *killed.values()]


def _publications(settings: Settings) -> list[Publication]:
    """All publications, the oldest first."""
    found: dict[int, Publication] = {}
    for row in read_ops(settings, PUBLICATIONS_TABLE):
        number = row["publication"]
        at = row["published_at"].astimezone(UTC)
        one = found.setdefault(number, Publication(number, row["run_id"], at, {}))
        one.versions[row["table_name"]] = TableVersion(row["version"], row["table_id"])
    return [found[number] for number in sorted(found)]
