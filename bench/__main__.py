"""The benchmarks' command: measures the parts asked for, then writes docs/benchmarks.md.

Data flow: parts -> target/bench/results/*.json -> docs/benchmarks.md

    python -m bench --sizes small medium --rounds 3 --only refresh growth lookups
"""

from __future__ import annotations

import argparse
import logging
from pathlib import Path

from bench.data import SIZES
from bench.growth import growth
from bench.lookups import lookups
from bench.measure import PROJECT
from bench.refresh import PROGRAMS, refresh
from bench.report import write_report
from bench.results import load
from ingestion.settings import Engine

PARTS = ("refresh", "growth", "lookups")
PAGE = PROJECT / "docs" / "benchmarks.md"


def main() -> None:
    """Measure and report."""
    names = [program.name for program in PROGRAMS]
    parser = argparse.ArgumentParser(prog="python -m bench", description="Measure and report.")
    parser.add_argument("--sizes", nargs="+", choices=list(SIZES), default=list(SIZES))
    parser.add_argument("--rounds", type=int, default=3, help="runs of each program")
    parser.add_argument(
        "--only",
        nargs="*",
        choices=PARTS,
        default=PARTS,
        help="parts to measure; none writes the page from the results that are there",
    )
    parser.add_argument(
        "--programs", nargs="+", choices=names, default=names, help="of a refresh: only these"
    )
    parser.add_argument(
        "--engines",
        nargs="+",
        choices=list(Engine),
        default=list(Engine),
        help="of the other parts",
    )
    parser.add_argument("--work", type=Path, default=PROJECT / "target" / "bench")
    arguments = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s", datefmt="%H:%M:%S")
    if "refresh" in arguments.only:
        for size in arguments.sizes:
            refresh(arguments.work, size, arguments.rounds, arguments.programs)
    for engine in map(Engine, arguments.engines):
        if "growth" in arguments.only:
            growth(arguments.work, engine, arguments.rounds)
        if "lookups" in arguments.only:
            lookups(arguments.work, engine, arguments.sizes[-1])
    write_report(PAGE, load(arguments.work / "results"))


if __name__ == "__main__":
    main()
