"""The goals, each with the number that the results give for it.

Seconds over start-up leave out what passes until the engine is ready, as that is the same for any
amount of work.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from statistics import median

from bench import growth
from bench.data import HISTORIES
from bench.measure import Measurement
from bench.refresh import DUCKDB, PLAIN_SPARK, ours
from bench.results import Result
from bench.rounds import median_of, ratio_of, runs_of
from ingestion.settings import Engine

_GIB = 1024**3
_LARGE_SIZES = ("medium", "large")


@dataclass(frozen=True)
class Goal:
    """A limit, and what was measured; `measured` is None where the result is not there.

    Attributes:
        text: What is to be at most `limit`.
        limit: The limit.
        unit: Put behind both numbers.
        measured: The number.
    """

    text: str
    limit: float
    unit: str
    measured: float | None


def over_start(run: Measurement) -> float:
    """Seconds over start-up."""
    return run.seconds_without_start


def goals(results: Mapping[str, Result]) -> list[Goal]:
    """All goals that the results say something about."""
    found = [*_of_refresh(results), *_of_growth(results), *_of_lookups(results)]
    return [goal for goal in found if goal.measured is not None]


def _of_refresh(results: Mapping[str, Result]) -> Iterator[Goal]:
    sail, spark = (ours(engine, tests=False) for engine in (Engine.SAIL, Engine.SPARK))
    sail_tests = ours(Engine.SAIL, tests=True)
    for size in _LARGE_SIZES:
        runs = _runs(results, f"refresh-{size}")
        yield Goal(
            f"full refresh with Sail / DuckDB + delta-rs, {size}",
            1.0,
            "x",
            ratio_of(runs, sail, DUCKDB),
        )
        yield Goal(
            f"full refresh with Sail and all tests / DuckDB + delta-rs, {size}",
            1.5,
            "x",
            ratio_of(runs, sail_tests, DUCKDB),
        )
        yield Goal(
            f"full refresh with JVM Spark / plain PySpark, {size}",
            0.8,
            "x",
            ratio_of(runs, spark, PLAIN_SPARK),
        )
        yield Goal(f"share of the tests in the build, Sail, {size}", 33.4, " %", _tests_share(runs))
    peak = median_of(_runs(results, "refresh-large"), sail_tests, lambda run: run.peak_bytes / _GIB)
    yield Goal("peak memory with Sail and all tests, large", 4.0, " GiB", peak)


def _tests_share(runs: list[Measurement]) -> float | None:
    """What the tests add to a run, as a share of the build with them."""
    without = {run.round: run.seconds for run in runs_of(runs, ours(Engine.SAIL, tests=False))}
    shares = [
        100 * (run.seconds - without[run.round]) / (over_start(run) - run.phases["ingest"])
        for run in runs_of(runs, ours(Engine.SAIL, tests=True))
        if run.round in without
    ]
    return median(shares) if shares else None


def _of_growth(results: Mapping[str, Result]) -> Iterator[Goal]:
    first, last = HISTORIES[0], HISTORIES[-1]
    for engine in Engine:
        runs = _runs(results, f"growth-{engine}")
        next_day = growth.day_after(last)
        full = median_of(runs, growth.refresh_of(first), over_start)
        of_day = median_of(runs, next_day, over_start)
        yield Goal(
            f"a day's run after {last} days / after {first} days, over start-up, {engine}",
            1.3,
            "x",
            ratio_of(runs, next_day, growth.day_after(first), over_start),
        )
        yield Goal(
            f"a day's run after {last} days / full refresh of {first}, over start-up, {engine}",
            0.25,
            "x",
            of_day / full if of_day and full else None,
        )
        yield Goal(
            f"a run with nothing new after {last} days, over start-up, {engine}",
            2.0,
            " s",
            median_of(runs, growth.nothing_new(last), over_start),
        )
        yield Goal(
            f"one gold model edited and rebuilt with its tests, over start-up, {engine}",
            5.0,
            " s",
            median_of(runs, growth.EDITED, over_start),
        )


def _of_lookups(results: Mapping[str, Result]) -> Iterator[Goal]:
    for engine in Engine:
        result = results.get(f"lookups-{engine}")
        for row in result.facts["rows"] if result else []:
            if (row["table"], row["column"], row["when"]) == (
                "silver/order_items",
                "product_id",
                "after",
            ):
                share = 100 * row["page_bytes"] / row["of_bytes"]
                yield Goal(f"bytes that a product look-up touches, {engine}", 10.0, " %", share)


def _runs(results: Mapping[str, Result], part: str) -> list[Measurement]:
    return list(results[part].runs) if part in results else []
