"""The machine, the versions and the day: without them a number of seconds says nothing."""

from __future__ import annotations

import os
import platform
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from ingestion.errors import LakehouseError
from ingestion.java import find_java

_PACKAGES = ("pysail", "pyspark", "delta-spark", "deltalake", "duckdb", "pyarrow", "dbt-core")


@dataclass(frozen=True)
class Machine:
    """Where and when something was measured.

    Attributes:
        processor: Model of the processor.
        cores: Cores that this process may use.
        memory_gib: Memory in GiB.
        system: Name and version of the operating system.
        versions: Package, or `python` and `java`, to its version.
        date: Day in UTC.
    """

    processor: str
    cores: int
    memory_gib: float
    system: str
    versions: dict[str, str]
    date: str


def describe_machine() -> Machine:
    """This machine, now."""
    pages, page_bytes = os.sysconf("SC_PHYS_PAGES"), os.sysconf("SC_PAGE_SIZE")
    return Machine(
        processor=_processor(),
        cores=len(os.sched_getaffinity(0)),
        memory_gib=round(pages * page_bytes / 1024**3, 1),
        system=f"{platform.system()} {platform.release().split('-')[0]}",
        versions={
            "python": platform.python_version(),
            "java": _java_version(),
            **{package: version(package) for package in _PACKAGES},
        },
        date=datetime.now(UTC).date().isoformat(),
    )


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def _java_version() -> str:
    try:
        return find_java().version
    except LakehouseError:
        return "none"
