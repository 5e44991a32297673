"""What the dbt project says of each table, in the form and length that the catalog takes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import chain
from typing import TYPE_CHECKING

from ingestion.settings import Engine, Settings
from orchestration.pipeline.dbt import invoke_dbt

if TYPE_CHECKING:
    from dbt.contracts.graph.manifest import Manifest

# Limits of the Glue Data Catalog. A column's comment is one line.
_DESCRIPTION_LENGTH = 2048
_COMMENT_LENGTH = 255
_TABLES = ("model", "seed", "snapshot")


@dataclass(frozen=True)
class Described:
    """The words for one table.

    Attributes:
        description: Of the table.
        comments: Of its columns, by name.
    """

    description: str
    comments: Mapping[str, str]


def described_project(settings: Settings) -> dict[tuple[str, str], Described]:
    """Parse the dbt project, which takes some seconds, and return the words for its tables.

    Raises:
        LakehouseError: A file of the project can't be parsed.
    """
    # The embedded target has no prefix and needs no account; the words are the same on all.
    embedded = replace(settings, engine=Engine.SAIL)
    return described_tables(invoke_dbt(embedded, "catalog", ["parse"]), database_prefix="")


def described_tables(manifest: Manifest, database_prefix: str) -> dict[tuple[str, str], Described]:
    """The words for each model, seed, snapshot and source, by layer and name.

    Args:
        manifest: Of the project.
        database_prefix: Of the target that it was parsed for.
    """
    nodes = [node for node in manifest.nodes.values() if str(node.resource_type) in _TABLES]
    return {
        (_layer_of(str(node.schema), database_prefix), str(node.identifier)): Described(
            _shortened(node.description.strip(), _DESCRIPTION_LENGTH),
            {
                column.name: _shortened(" ".join(column.description.split()), _COMMENT_LENGTH)
                for column in node.columns.values()
            },
        )
        for node in chain(nodes, manifest.sources.values())
    }


def _layer_of(database: str, prefix: str) -> str:
    """The layer, also where a workspace has databases of its own (`Settings.database`)."""
    name = database.removeprefix(prefix)
    return name.rpartition("_")[2] if name.startswith("work_") else name


def _shortened(text: str, length: int) -> str:
    return text if len(text) <= length else f"{text[: length - 3]}..."
