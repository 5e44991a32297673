"""The Glue Data Catalog kept in step with the Delta tables: what differs, and its repair.

No crawler and no manifest is needed: Athena and Spark read a Delta table's files, columns and
partitions from its log, so there are no partitions to update here. The catalog's own columns,
comments and descriptions are what people and tools browse, and what Lake Formation grants by.
"""

from __future__ import annotations

from orchestration.aws.catalog.described import Described, described_project, described_tables
from orchestration.aws.catalog.diff import Drift, Kind
from orchestration.aws.catalog.sync_tables import check, sync

__all__ = [
    "Described",
    "Drift",
    "Kind",
    "check",
    "described_project",
    "described_tables",
    "sync",
]
