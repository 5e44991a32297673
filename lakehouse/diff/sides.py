"""The two states that are compared: what is published, a workspace, or what readers saw once.

Data flow: name of a workspace, runs or times -> version of each table of silver and gold
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from deltalake import DeltaTable

from ingestion.errors import LakehouseError
from ingestion.layers import BUILT_LAYERS
from ingestion.settings import Settings
from orchestration.state.built_tables import built_versions
from orchestration.state.past_states import parse_as_of, state_at
from orchestration.state.published import last_publication
from orchestration.state.versions import TableVersion, open_table, require_lakehouse, version_of
from orchestration.state.workspaces import require_workspace


@dataclass(frozen=True)
class Side:
    """One of two states.

    Attributes:
        name: In words, such as `run 1f0c...`.
        settings: Where its tables are.
        versions: `<layer>.<table>` to its version, for every table of silver and gold.
    """

    name: str
    settings: Settings
    versions: Mapping[str, TableVersion]

    def open(self, table: str) -> DeltaTable | None:
        """A table in its version; None if this state has no such table.

        Raises:
            LakehouseError: The version is gone.
        """
        version = self.versions.get(table)
        if version is None:
            return None
        location = self.settings.location(*table.split("."))
        try:
            opened = open_table(table, location, version.version)
        except LakehouseError as error:
            raise self.gone(table, error.problem) from error
        if version_of(opened) != version:
            raise self.gone(table, f"The table {table} has been made anew since.")
        return opened

    def gone(self, table: str, problem: str) -> LakehouseError:
        """The error of a table that can't be read as it was."""
        return LakehouseError(
            f"{table} can't be read as of {self.name}: {problem}",
            "`lakehouse maintain` deletes what old runs have left: compare newer ones, which"
            " `lakehouse runs` lists. `lakehouse status` says if the table is damaged.",
        )


def published(settings: Settings) -> Side:
    """What everybody reads.

    Raises:
        LakehouseError: There is no lakehouse at the root.
    """
    settings = replace(settings, workspace="")
    require_lakehouse(settings)
    last = last_publication(settings)
    if last is None:
        return Side("published", settings, built_versions(settings))
    return Side(f"published by run {last.run_id}", settings, last.versions)


def workspace_side(settings: Settings, name: str) -> tuple[Side, bool]:
    """A workspace, and whether what is published has moved since it was opened.

    Raises:
        LakehouseError: There is no such workspace.
    """
    found = require_workspace(settings, name)
    side = Side(f"workspace {name}", found.settings, found.versions())
    return side, found.base != published(settings).versions


def past_side(settings: Settings, wanted: str) -> Side:
    """What readers saw after a run, whose id begins like this, or at a time.

    Raises:
        LakehouseError: There is no such run, or more than one, or nothing was published by then.
    """
    settings = replace(settings, workspace="")
    require_lakehouse(settings)
    as_of = parse_as_of(settings, wanted)
    state = state_at(settings, as_of) if isinstance(as_of, datetime) else as_of
    if isinstance(state, int):
        raise LakehouseError(
            f"{wanted} is a version, and each table counts its own.",
            "Name a run, which `lakehouse runs` lists, or a time.",
        )
    if state is None:
        raise LakehouseError(
            f"Nothing had been published by {wanted}.",
            "Name a later time, or a run, which `lakehouse runs` lists.",
        )
    versions = {
        table: version
        for table, version in state.versions.items()
        if table.split(".")[0] in BUILT_LAYERS
    }
    return Side(state.name, settings, versions)
