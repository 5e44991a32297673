"""The tables of silver and gold, published or in a workspace, as they are now."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

from deltalake import DeltaTable

from ingestion.errors import LakehouseError
from ingestion.layers import BUILT_LAYERS
from ingestion.settings import Settings
from orchestration.state.published import Versions, shown_versions
from orchestration.state.versions import open_table, table_locations, version_of

_THREADS = 8


def built_versions(settings: Settings) -> Versions:
    """`<layer>.<table>` to its version now, for every table of silver and gold.

    Raises:
        LakehouseError: A table of a workspace can't be read, or one that readers see.
    """
    return {name: version_of(table) for name, table in built_tables(settings).items()}


def built_tables(settings: Settings) -> dict[str, DeltaTable]:
    """`<layer>.<table>` to every table of silver and gold as it is now.

    One that can't be read and that no publication has stops nobody.

    Raises:
        LakehouseError: A table of a workspace can't be read, or one that readers see.
    """

    def opened(item: tuple[str, str]) -> DeltaTable | None:
        try:
            return open_table(*item)
        except LakehouseError:
            shown = shown_versions(settings)  # None: all of them
            if shown is None or item[0] in shown:
                raise
            return None

    built = dict(built_locations(settings))
    with ThreadPoolExecutor(_THREADS) as pool:  # opening them is what a publication takes long for
        found = zip(built, pool.map(opened, built.items()), strict=True)
        return {name: table for name, table in found if table is not None}


def built_locations(settings: Settings) -> Iterator[tuple[str, str]]:
    """`<layer>.<table>` and the location of every table of silver and gold."""
    for name, place in table_locations(settings).items():
        if name.split(".")[0] in BUILT_LAYERS:
            yield name, place
