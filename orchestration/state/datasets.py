"""The rows of a Delta table for Arrow and DuckDB, wherever its files lie.

Data flow: DeltaTable -> a fragment of each file, absolute paths resolved -> Arrow dataset

A table of a workspace in a bucket has files of the published table, by absolute paths. delta-rs
looks for every file below the table.
"""

from __future__ import annotations

from urllib.parse import unquote

import pyarrow.dataset as ds
from deltalake import DeltaTable
from deltalake.fs import DeltaStorageHandler
from pyarrow.fs import FileSystem, PyFileSystem


def dataset_of(table: DeltaTable) -> ds.Dataset:
    """The rows of a table as it was opened."""
    whole = table.to_pyarrow_dataset()
    fragments = list(whole.get_fragments())
    if not any("://" in fragment.path for fragment in fragments):
        return whole
    bucket = _bucket_of(table.table_uri)
    filesystem = _filesystem(table, bucket)
    found = [
        whole.format.make_fragment(
            fragment.path.removeprefix(bucket),
            filesystem=filesystem,
            partition_expression=fragment.partition_expression,
        )
        if "://" in fragment.path
        else fragment
        for fragment in fragments
    ]
    return ds.FileSystemDataset(found, whole.schema, whole.format, whole.filesystem)


def _filesystem(table: DeltaTable, bucket: str) -> FileSystem:
    """A whole bucket, in which the sizes of the table's files are known and not asked for."""
    actions = table.get_add_actions()
    paths, sizes = (actions[column].to_pylist() for column in ("path", "size_bytes"))
    known = {
        unquote(path).removeprefix(bucket): size for path, size in zip(paths, sizes, strict=True)
    }
    return PyFileSystem(DeltaStorageHandler(bucket, None, known))


def _bucket_of(location: str) -> str:
    scheme, _, place = location.partition("://")
    return f"{scheme}://{place.partition('/')[0]}/"
