"""How a run grows with the history: a day, nothing new, a corrected day, an edited model.

Data flow: raw files of 30, 120, 360 days -> full refresh of each -> one more day, then nothing,
           then a corrected day -> result `growth-<engine>`

Everything runs with all tests, as `lakehouse run` does. An edited model is measured on the sample,
in a copy of the project, as the edit must not touch this one.
"""

from __future__ import annotations

import logging
import shutil
from pathlib import Path

from bench.data import GROWTH, HISTORIES, add_day, correct_day, first_days, raw_data, warm
from bench.measure import PROJECT, Measurement, Program, measure
from bench.results import save
from ingestion.settings import Engine
from lakehouse.generate import Plan

EDITED_MODEL = "product_performance"
_CORRECTED_DAY = 3
# What a checkout needs to run; the rest is data, caches and documents.
_PROJECT_PARTS = (
    *(
        "bench",
        "ingestion",
        "lakehouse",
        "orchestration",
        "models",
        "macros",
        "seeds",
        "snapshots",
        "analyses",
    ),
    *("snapshots", "analyses", "profiles", "tests", "dbt_project.yml"),
)

logger = logging.getLogger(__name__)


def refresh_of(days: int) -> str:
    """Name of the full refresh of a history."""
    return f"full refresh, {days} days"


def day_after(days: int) -> str:
    """Name of the run that loads one day more."""
    return f"next day, {days} days"


def nothing_new(days: int) -> str:
    """Name of the run that finds nothing new."""
    return f"nothing new, {days} days"


def corrected_day(days: int) -> str:
    """Name of the run that loads a corrected file of an old day."""
    return f"corrected day, {days} days"


EDITED = "edited model"


def growth(work: Path, engine: Engine, rounds: int) -> None:
    """Measure one engine on all histories."""
    runs = [*measure_histories(work, engine, rounds, GROWTH), *_measure_edit(work, engine, rounds)]
    facts = {"histories": list(HISTORIES), "orders_per_day": GROWTH.orders_per_day}
    save(work / "results", f"growth-{engine}", facts, runs)


def measure_histories(
    work: Path, engine: Engine, rounds: int, plan: Plan, histories: tuple[int, ...] = HISTORIES
) -> list[Measurement]:
    """Full refresh of each history once, then the runs after it, each round from the same state."""
    source = raw_data(work / "raw", f"growth-{plan.days}-{plan.orders_per_day}", plan).folder
    warm(source)
    runs = []
    for days in histories:
        logger.info("growth on %s: %s days", engine, days)
        raw, built = work / "growth-raw", work / "growth-built"
        shutil.rmtree(built, ignore_errors=True)
        first_days(source, raw, plan, days)
        runs.append(measure(_program(engine, refresh_of(days)), raw, built, work / "logs"))
        for number in range(1, rounds + 1):
            first_days(source, raw, plan, days)
            runs += _runs_after(work, engine, number, plan, days, source)
        shutil.rmtree(built)
        shutil.rmtree(raw)
    return runs


def _runs_after(
    work: Path, engine: Engine, number: int, plan: Plan, days: int, source: Path
) -> list[Measurement]:
    raw, root, logs = work / "growth-raw", work / "root", work / "logs"
    shutil.rmtree(root, ignore_errors=True)
    shutil.copytree(work / "growth-built", root)
    add_day(source, raw, plan, days)
    runs = [measure(_program(engine, day_after(days), "--day"), raw, root, logs, number)]
    runs.append(measure(_program(engine, nothing_new(days), "--day"), raw, root, logs, number))
    correct_day(raw, plan, _CORRECTED_DAY)
    runs.append(measure(_program(engine, corrected_day(days), "--day"), raw, root, logs, number))
    shutil.rmtree(root)
    return runs


def _measure_edit(work: Path, engine: Engine, rounds: int) -> list[Measurement]:
    project, root, logs = work / "project", work / "root", work / "logs"
    shutil.rmtree(root, ignore_errors=True)
    _copy_project(project)
    raw = PROJECT / "sample"
    measure(_program(engine, "sample"), raw, root, logs, project=project)
    model = project / "models" / "gold" / f"{EDITED_MODEL}.sql"
    program = _program(engine, EDITED, "--select", EDITED_MODEL)
    runs = []
    for number in range(1, rounds + 1):
        model.write_text(f"{model.read_text()}\n-- edit {number}\n")
        runs.append(measure(program, raw, root, logs, number, project))
    shutil.rmtree(root)
    shutil.rmtree(project)
    return runs


def _copy_project(target: Path) -> None:
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    for name in _PROJECT_PARTS:
        source = PROJECT / name
        if source.is_dir():
            shutil.copytree(source, target / name)
        elif source.exists():
            shutil.copy(source, target / name)


def _program(engine: Engine, name: str, *arguments: str) -> Program:
    return Program(name, "bench.ours", ("--engine", engine, "--tests", *arguments))
