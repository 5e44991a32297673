"""Many small files of a table into few: where there are enough of them to make it worth while.

Data flow: files of the present version, by partition -> small ones -> one commit of delta-rs
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from math import ceil
from typing import Any

import pyarrow as pa
from deltalake import DeltaTable

from orchestration.state.commit_facts import orders_rows
from orchestration.state.versions import is_plain

# A reader opens each file by itself, which costs more than the rows of a small one. To merge two or
# three costs more than it saves: their rows are written anew, and kept twice for a while.
FEWEST_FILES = 5
TARGET_BYTES = 128 * 1024**2

Partition = tuple[tuple[str, Any], ...]


@dataclass(frozen=True)
class Merge:
    """The small files of a table that are to be merged.

    Attributes:
        partitions: Those with enough small files; one without columns if the table has none.
        files: How many there are in them.
        into: About how many they become.
    """

    partitions: list[Partition]
    files: int
    into: int


def find_merge(table: DeltaTable) -> Merge:
    """What to merge in a table; nothing where the build has put the rows in order.

    Such a table has been written by partition, one file each, with pages of their own size. A
    table whose paths delta-rs can't take away is left alone, too.
    """
    small: dict[Partition, list[int]] = defaultdict(list)
    columns = table.metadata().partition_columns
    for file in pa.table(table.get_add_actions(flatten=True)).to_pylist():
        if file["size_bytes"] < TARGET_BYTES:
            partition = tuple((name, file[f"partition.{name}"]) for name in columns)
            small[partition].append(file["size_bytes"])
    many = {place: sizes for place, sizes in small.items() if len(sizes) >= FEWEST_FILES}
    if not many or not is_plain(table) or any(map(orders_rows, table.history())):
        return Merge([], 0, 0)
    return Merge(
        partitions=list(many),
        files=sum(len(sizes) for sizes in many.values()),
        into=sum(ceil(sum(sizes) / TARGET_BYTES) for sizes in many.values()),
    )


def compact(table: DeltaTable, merge: Merge) -> None:
    """Merge, in one commit for each partition."""
    for partition in merge.partitions:
        filters = [(name, "=", _text(value)) for name, value in partition]
        table.optimize.compact(partition_filters=filters or None, target_size=TARGET_BYTES)


def _text(value: Any) -> str:
    """A value of a partition as the log writes it; none is written as nothing."""
    if value is None:
        return ""
    return value.isoformat() if isinstance(value, date) else str(value)
