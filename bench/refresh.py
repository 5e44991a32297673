"""A full refresh: our pipeline on both engines beside DuckDB + delta-rs and plain PySpark.

Data flow: raw files of a size -> every program in turns -> result `refresh-<size>`
"""

from __future__ import annotations

import logging
from collections.abc import Collection
from pathlib import Path

from bench.data import SIZES, raw_data, warm
from bench.measure import Program, alternate
from bench.results import save
from ingestion.settings import Engine

DUCKDB, PLAIN_SPARK = "duckdb + delta-rs", "plain pyspark"

logger = logging.getLogger(__name__)


def ours(engine: Engine, *, tests: bool) -> str:
    """Name of our program on an engine."""
    return f"ours on {engine}{', tests' if tests else ''}"


def _ours(engine: Engine, *arguments: str) -> Program:
    name = ours(engine, tests="--tests" in arguments)
    return Program(name, "bench.ours", ("--engine", engine, *arguments))


PROGRAMS = (
    Program(DUCKDB, "bench.duckdb_delta"),
    _ours(Engine.SAIL),
    _ours(Engine.SAIL, "--tests"),
    Program(PLAIN_SPARK, "bench.plain_spark"),
    _ours(Engine.SPARK),
    _ours(Engine.SPARK, "--tests"),
)


def refresh(work: Path, size: str, rounds: int, names: Collection[str]) -> None:
    """Measure the named programs on one size of data."""
    raw = raw_data(work / "raw", size, SIZES[size])
    logger.info("full refresh, %s: %s lines", size, f"{raw.lines:,}")
    warm(raw.folder)
    programs = [program for program in PROGRAMS if program.name in names]
    runs = alternate(programs, rounds, raw.folder, work)
    facts = {"lines": raw.lines, "raw_bytes": raw.bytes, "days": SIZES[size].days}
    save(work / "results", f"refresh-{size}", facts, runs)
