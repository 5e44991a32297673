"""docs/benchmarks.md from the results; what people wrote into it stays.

Data flow: results -> tables -> docs/benchmarks.md, with the text between the markers kept
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from bench import growth
from bench.data import SIZES
from bench.goals import goals, over_start
from bench.machine import Machine
from bench.refresh import DUCKDB, PLAIN_SPARK, PROGRAMS
from bench.results import Result
from bench.rounds import median_of, phases_of, ratio_of, runs_of
from ingestion.settings import Engine

KEPT_FROM, KEPT_TO = "<!-- kept: written by hand -->", "<!-- end of kept -->"
_MIB = 1024**2
_PHASES = ("start", "ingest", "silver", "gold", "zorder", "tests", "dbt", "end")
_NOTHING_KEPT = "\n## What was tried and what it gave\n\nNothing is written down yet.\n\n"
_INTRODUCTION = """\
# Benchmarks

Made by `make bench`, which measures and then writes this file from its results (`bench/`); only the
part between the markers at the end is written by hand.

How it is measured. Every program is a process of its own and gets an empty root. Programs run in
turns, one after the other, for several rounds. Seconds are what a person with a watch would say,
from start to end, as the median over the rounds. A ratio is taken inside each round, then the
median. Memory is the largest resident memory of the whole process tree. Written is the size of
everything below the root: data files that were replaced, such as by Z-ordering, count.

What is compared. `duckdb + delta-rs` (`bench/duckdb_delta.py`) and `plain pyspark`
(`bench/plain_spark.py`, default settings) build bronze, silver and four tables of gold with the
same values, partitions and clustering; tests in `tests/bench/` prove it. Of gold they build the
columns that `bench/layout.py` names; ours has more columns and more tables, and its seconds include
them. They keep no ledger, do nothing incrementally and test nothing; their docstrings say what else
they leave out. `ours` is `lakehouse run --full-refresh`: without tests, and with all of them.
"""


def write_report(path: Path, results: Mapping[str, Result]) -> None:
    """Write the page anew; the part between its markers is carried over."""
    kept = _kept(path.read_text()) if path.exists() else _NOTHING_KEPT
    parts = [
        _INTRODUCTION,
        *_goals(results),
        *_refresh(results),
        *_growth(results),
        *_lookups(results),
        *_machines(results),
        f"{KEPT_FROM}{kept}{KEPT_TO}",
    ]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(part.rstrip("\n") + "\n" for part in parts))


def _kept(page: str) -> str:
    _, start, rest = page.partition(KEPT_FROM)
    text, end, _ = rest.partition(KEPT_TO)
    if not start or not end:
        raise ValueError(f"the page lacks the markers {KEPT_FROM} and {KEPT_TO}; put them back")
    return text


def table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table: the first column to the left, numbers to the right."""
    lines = [header, ["---", *["---:"] * (len(header) - 1)], *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def _goals(results: Mapping[str, Result]) -> Iterator[str]:
    rows = [
        [
            goal.text,
            f"{goal.limit:g}{goal.unit}",
            f"{goal.measured:.2f}{goal.unit}",
            "yes" if goal.measured <= goal.limit else "no",
        ]
        for goal in goals(results)
        if goal.measured is not None
    ]
    if rows:
        yield "## Goals\n"
        yield table(["goal", "at most", "measured", "reached"], rows)


def _refresh(results: Mapping[str, Result]) -> Iterator[str]:
    for size in SIZES:
        result = results.get(f"refresh-{size}")
        if result is None:
            continue
        names = list(dict.fromkeys(run.program for run in result.runs))
        ordered = [program.name for program in PROGRAMS if program.name in names]
        millions = result.facts["lines"] / 1e6
        rounds = max(run.round for run in result.runs)
        yield (
            f"## Full refresh, {size}: {millions:.2f} million order lines\n\n"
            f"{result.facts['days']} days, {result.facts['raw_bytes'] / _MIB:,.0f} MiB of CSV; "
            f"{rounds} round{'s' if rounds > 1 else ''}, {result.machine.date}.\n"
        )
        header = ["", "seconds", "from to", f"/ {DUCKDB}", f"/ {PLAIN_SPARK}", "memory", "written"]
        yield table(header, [_refresh_row(result, name) for name in ordered])
        yield "Seconds of each phase; `end` is what passed after the program's last word:\n"
        yield table(["", *_PHASES], [_phase_row(result, name) for name in ordered])


def _refresh_row(result: Result, name: str) -> list[str]:
    runs = result.runs
    seconds = [run.seconds for run in runs_of(runs, name)]
    if not seconds:
        return [name, "failed", *[""] * 5]
    return [
        name,
        _number(median_of(runs, name), 1),
        f"{min(seconds):.1f} to {max(seconds):.1f}",
        _number(ratio_of(runs, name, DUCKDB), 2, "x"),
        _number(ratio_of(runs, name, PLAIN_SPARK), 2, "x"),
        _number(median_of(runs, name, lambda run: run.peak_bytes / _MIB), 0, " MiB"),
        _number(median_of(runs, name, lambda run: run.written_bytes / _MIB), 0, " MiB"),
    ]


def _phase_row(result: Result, name: str) -> list[str]:
    phases = phases_of(result.runs, name)
    return [name, *(_number(phases.get(phase), 1) for phase in _PHASES)]


def _growth(results: Mapping[str, Result]) -> Iterator[str]:
    for engine in Engine:
        result = results.get(f"growth-{engine}")
        if result is None:
            continue
        runs = result.runs
        yield (
            f"## Growth on {engine}\n\n{result.facts['orders_per_day']:,} orders a day, all tests "
            "included. Seconds over start-up, which is measured apart: "
            f"{_number(_start_up(result), 1)} s in the median. {result.machine.date}.\n"
        )
        cases = (growth.refresh_of, growth.day_after, growth.nothing_new, growth.corrected_day)
        header = ["history", "full refresh", "next day", "nothing new", "corrected day"]
        yield table(
            header,
            [
                [
                    f"{days} days",
                    *(_number(median_of(runs, case(days), over_start), 1) for case in cases),
                ]
                for days in result.facts["histories"]
            ],
        )
        edited = _number(median_of(runs, growth.EDITED, over_start), 1, " s")
        yield (
            f"`{growth.EDITED_MODEL}` edited and rebuilt with its tests, on the sample: "
            f"{edited} over start-up.\n"
        )


def _start_up(result: Result) -> float | None:
    """Median over all runs of the part: start-up doesn't depend on what comes after it."""
    starts = sorted(run.phases["start"] for run in result.runs if run.exit_code == 0)
    return starts[len(starts) // 2] if starts else None


def _lookups(results: Mapping[str, Result]) -> Iterator[str]:
    for engine in Engine:
        result = results.get(f"lookups-{engine}")
        if result is None:
            continue
        yield (
            f"## Look-ups on tables made by {engine}\n\n"
            f"{result.facts['lines'] / 1e6:.2f} million order lines. `select * .. where column = "
            "value`, on average over 20 values: files that the partitions and statistics of the "
            "Delta log leave, then the bytes of their row groups, and of the pages in them, that "
            "may match. Athena and Trino prune by all three. `before` is the version just before "
            f"the last Z-order. {result.machine.date}.\n"
        )
        rows = [
            [
                f"{row['what']}: `{row['table'].replace('/', '.')}` by `{row['column']}`",
                row["when"],
                f"{row['files']:.1f} of {row['of_files']}",
                f"{100 * row['row_group_bytes'] / row['of_bytes']:.1f} %",
                f"{100 * row['page_bytes'] / row['of_bytes']:.1f} %",
                f"{row['page_bytes'] / 1024:,.0f} KiB",
            ]
            for row in result.facts["rows"]
        ]
        yield table(["look-up", "Z-order", "files", "row groups", "pages", "read"], rows)


def _machines(results: Mapping[str, Result]) -> Iterator[str]:
    by_machine: dict[str, list[str]] = {}
    for part, result in sorted(results.items()):
        by_machine.setdefault(_machine(result.machine), []).append(
            f"{part} ({result.machine.date})"
        )
    if by_machine:
        yield "## Machine and versions\n"
        yield "".join(f"- {', '.join(parts)}: {text}\n" for text, parts in by_machine.items())


def _machine(machine: Machine) -> str:
    versions = ", ".join(f"{name} {version}" for name, version in machine.versions.items())
    return (
        f"{machine.processor}, {machine.cores} cores, {machine.memory_gib:g} GiB, "
        f"{machine.system}; {versions}."
    )


def _number(value: float | None, digits: int, unit: str = "") -> str:
    return "" if value is None else f"{value:,.{digits}f}{unit}"
