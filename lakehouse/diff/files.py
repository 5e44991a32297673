"""Which partitions of two versions of a table have other files, and their rows for DuckDB.

Data flow: two versions of a table -> files by partition -> those that differ -> two Arrow datasets

Delta never changes a file, and a workspace begins with links to the published ones. So the same
files are the same rows, and nobody has to read them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from typing import Any

import pyarrow.dataset as ds
from deltalake import DeltaTable
from pyarrow.fs import FileType

from ingestion.errors import LakehouseError

# Values of the columns of the partition, in the order of their names.
Partition = tuple[Any, ...]


class Files:
    """The data files of one version of a table.

    Raises:
        LakehouseError: They lie at other places than below the table.
    """

    def __init__(self, table: DeltaTable) -> None:
        self._dataset = table.to_pyarrow_dataset()
        self.columns = sorted(table.metadata().partition_columns)
        self._fragments: dict[Partition, list[ds.FileFragment]] = defaultdict(list)
        for fragment in self._dataset.get_fragments():
            if "://" in fragment.path:
                raise LakehouseError(
                    f"The workspace at {table.table_uri} lies in a bucket, where it can't be"
                    " compared.",
                    "Ask for both sides: `lakehouse query`, with --workspace and without.",
                )
            self._fragments[self._partition_of(fragment)].append(fragment)

    @property
    def partitions(self) -> set[Partition]:
        """Those that have a file."""
        return set(self._fragments)

    def names(self, partition: Partition) -> set[str]:
        """Its files, relative to the table."""
        return {fragment.path for fragment in self._fragments.get(partition, ())}

    def rows(self, partitions: Collection[Partition]) -> ds.Dataset:
        """The rows of some partitions."""
        chosen = [
            fragment for partition in partitions for fragment in self._fragments.get(partition, ())
        ]
        whole = self._dataset
        return ds.FileSystemDataset(chosen, whole.schema, whole.format, whole.filesystem)

    def gone(self, partitions: Collection[Partition]) -> str | None:
        """A file of some partitions that is not there any more."""
        names = [name for partition in partitions for name in self.names(partition)]
        found = self._dataset.filesystem.get_file_info(sorted(names))
        return next((one.path for one in found if one.type == FileType.NotFound), None)

    def _partition_of(self, fragment: ds.FileFragment) -> Partition:
        values = ds.get_partition_keys(fragment.partition_expression)
        return tuple(values.get(column) for column in self.columns)


def differing_partitions(old: Files, new: Files) -> set[Partition]:
    """Those with other files; all, if the two are partitioned otherwise."""
    every = old.partitions | new.partitions
    if old.columns != new.columns:
        return every
    return {partition for partition in every if old.names(partition) != new.names(partition)}
