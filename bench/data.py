"""The raw files that every program reads: generated once, then kept and used again.

Data flow: plan -> lakehouse.generate -> target/bench/raw/<name> -> folders of hard links
"""

from __future__ import annotations

import json
import os
import shutil
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path

from lakehouse.generate import Plan, generate

_ORDER_COLUMNS_BEFORE_AMOUNT = 4


@dataclass(frozen=True)
class RawData:
    """A folder of raw files, and how much is in it.

    Attributes:
        folder: The raw folder.
        lines: Order lines, which are nearly all of the records.
        bytes: Size of the files.
    """

    folder: Path
    lines: int
    bytes: int


# The generator gives an order 5.5 lines on average, so these are 0.27, 2.7 and 27 million lines.
SIZES = {
    "small": Plan(days=30, orders_per_day=1_640, seed=1),
    "medium": Plan(days=30, orders_per_day=16_400, seed=1),
    "large": Plan(days=30, orders_per_day=164_000, seed=1),
}
HISTORIES = (30, 120, 360)
GROWTH = Plan(days=max(HISTORIES) + 1, orders_per_day=10_000, seed=1)


def raw_data(cache: Path, name: str, plan: Plan) -> RawData:
    """Return the raw files of a plan; they are made when they are not in the cache yet."""
    folder = cache / name
    if not _is_of(folder, plan):
        unfinished = cache / f"{name}.unfinished"
        for old in (folder, unfinished):
            shutil.rmtree(old, ignore_errors=True)
        generate(unfinished, plan)
        unfinished.rename(folder)
    manifest = json.loads((folder / "manifest.json").read_text())
    size = sum(path.stat().st_size for path in folder.rglob("*.csv"))
    return RawData(folder, manifest["tables"]["order_items"]["records"], size)


def _is_of(folder: Path, plan: Plan) -> bool:
    """The folder holds the files of this very plan."""
    manifest = folder / "manifest.json"
    asked = json.loads(json.dumps(asdict(plan), default=str))
    return manifest.exists() and bool(json.loads(manifest.read_text())["plan"] == asked)


def first_days(source: Path, target: Path, plan: Plan, days: int) -> None:
    """Let a folder hold the products and exactly the first days of another one, as hard links.

    A longer plan begins with the very files of a shorter one, so this is the shorter plan's data.
    """
    shutil.rmtree(target, ignore_errors=True)
    link(source, target, "products/products.csv")
    for day in range(days):
        add_day(source, target, plan, day)


def add_day(source: Path, target: Path, plan: Plan, day: int) -> None:
    """Add the two files of one more day."""
    for table in ("orders", "order_items"):
        link(source, target, daily_file(table, plan.day(day)))


def correct_day(raw: Path, plan: Plan, day: int) -> None:
    """Change the amount of one order of a day, as a corrected file would."""
    path = raw / daily_file("orders", plan.day(day))
    header, first, *others = path.read_text().splitlines(keepends=True)
    fields = first.split(",")
    amount = fields[_ORDER_COLUMNS_BEFORE_AMOUNT]
    fields[_ORDER_COLUMNS_BEFORE_AMOUNT] = "123.45" if amount != "123.45" else "67.89"
    path.unlink()  # a hard link: writing to it would change the source as well
    path.write_text("".join([header, ",".join(fields), *others]))


def daily_file(table: str, day: date) -> str:
    """Path of a daily file below the raw folder."""
    return f"{table}/{day.isoformat()}.csv"


def link(source: Path, target: Path, name: str) -> None:
    """Make a hard link of one file."""
    (target / name).parent.mkdir(parents=True, exist_ok=True)
    os.link(source / name, target / name)


def warm(folder: Path) -> None:
    """Read every file once, so that the first program doesn't wait for the disk for all others."""
    for path in folder.rglob("*.csv"):
        with path.open("rb", buffering=0) as stream:
            while stream.read(1 << 24):
                pass
