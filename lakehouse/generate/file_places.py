"""Which daily file gets which defect, and which files are added after the last good day.

Data flow: shares -> days left out + layouts of daily files + extra files with their names

Files that can't be loaded are always extra ones: they never cost a good day. They carry dates after
the last good day, orders and order_items in turns, so that they leave no hole in the calendar.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import count, cycle

import numpy as np

from lakehouse.generate.plan import Plan, PlanError
from lakehouse.generate.record_places import PRODUCTS_FILE, FileKey
from lakehouse.generate.registry import DEFECTS, Level, Outcome
from lakehouse.generate.shop import Stream, stream

DAILY_TABLES = ("orders", "order_items")
# Their fault is where they are; the content is sound.
_MISPLACED = ("wrong_folder", "wrong_name", "impossible_date")
_NO_SUCH_DAYS = ("02-30", "04-31", "13-01", "06-31", "02-31", "09-31", "00-10", "11-31")


@dataclass(frozen=True)
class Extra:
    """A file beside the daily ones.

    Attributes:
        defect: Why it is there.
        table: The table whose columns it has.
        path: Where it goes, relative to raw/.
        day: Day number of its content, after the last good day. Dated files are named after it; no
            two files of a table share one.
        nth: Counts the files of the defect from 0, so that no two of them are equal.
        copy_of: The daily file that it repeats.
    """

    defect: str
    table: str
    path: str
    day: int
    nth: int
    copy_of: FileKey | None = None


@dataclass(frozen=True)
class FilePlaces:
    """Where the files' defects are: days left out, layouts of daily files, extra files."""

    missing_days: frozenset[int]
    layouts: Mapping[FileKey, Sequence[str]]
    extras: Sequence[Extra]


def place_files(plan: Plan) -> FilePlaces:
    """Place all defects of level file.

    Raises:
        PlanError: The plan has too few days for the defects asked for.
    """
    random = stream(plan, Stream.FILE_DEFECTS)
    missing_days = _place_missing_days(plan, random)
    present = [
        (table, day)
        for day in range(plan.days)
        for table in DAILY_TABLES
        if not (table == "order_items" and day in missing_days)
    ]
    layouts = _place_layouts(plan, present, random)
    extras = _place_extras(plan, present, layouts, random)
    return FilePlaces(missing_days, layouts, extras)


def path_of(plan: Plan, key: FileKey, layouts: Mapping[FileKey, Sequence[str]]) -> str:
    """Path of a file relative to raw/."""
    if key == PRODUCTS_FILE:
        return "products/products.csv"
    table, day = key
    suffix = ".csv.gz" if "gzip_file" in layouts.get(key, ()) else ".csv"
    return f"{table}/{plan.day(day)}{suffix}"


def missing_files(plan: Plan, places: FilePlaces) -> dict[str, str]:
    """Daily files whose rows never get to bronze, with the reason, as a completeness check sees it.

    The calendar runs to the last day that any file is named after, and an extra file may be alone
    on its day: its counterpart is then missing without a defect of its own.
    """
    dated = [extra for extra in places.extras if extra.defect not in _MISPLACED]
    states = {(extra.table, extra.day): str(DEFECTS[extra.defect].outcome) for extra in dated}
    expected = [("order_items", day) for day in places.missing_days]
    expected += [(table, extra.day) for extra in dated for table in DAILY_TABLES]
    return {
        f"{table}/{plan.day(day)}.csv": states.get((table, day), "missing")
        for table, day in sorted(set(expected))
    }


def _place_missing_days(plan: Plan, random: np.random.Generator) -> frozenset[int]:
    """Choose days in the middle: before the first or after the last file nobody expects one."""
    wanted = plan.count("missing_day", plan.days)
    middle = range(1, plan.days - 1)
    if wanted > len(middle):
        raise PlanError(
            f"missing_day asks for {wanted} of {plan.days} days, but the first and the last stay.",
            "Ask for more days (at least 3) or a smaller share.",
        )
    return frozenset(random.choice(middle, wanted, replace=False).tolist() if wanted else ())


def _place_layouts(
    plan: Plan, present: Sequence[FileKey], random: np.random.Generator
) -> dict[FileKey, list[str]]:
    """Give the harmless defects to different files as long as there are enough of them."""
    layouts: dict[FileKey, list[str]] = {}
    files = cycle([present[place] for place in random.permutation(len(present))])
    for name in _of(Level.FILE, Outcome.LOADED):
        for _ in range(min(plan.count(name, 2 * plan.days), len(present))):
            layouts.setdefault(next(files), []).append(name)
    return layouts


def _place_extras(
    plan: Plan,
    present: Sequence[FileKey],
    layouts: Mapping[FileKey, Sequence[str]],
    random: np.random.Generator,
) -> list[Extra]:
    slots = ((day, table) for day in count(plan.days) for table in DAILY_TABLES)
    extras = [
        Extra(name, table, f"{table}/{plan.day(day)}{_suffix(name)}", day, nth)
        for name in _of(Level.FILE, Outcome.QUARANTINED)
        if name not in _MISPLACED
        for nth, (day, table) in zip(range(plan.count(name, 2 * plan.days)), slots, strict=False)
    ]
    originals = {name: [key for key in present if key[0] == name] for name in DAILY_TABLES}
    for nth in range(min(plan.count("duplicate_file", 2 * plan.days), len(present))):
        day, table = next(slot for slot in slots if originals[slot[1]])
        key = originals[table].pop(int(random.integers(len(originals[table]))))
        suffix = path_of(plan, key, layouts).partition(".")[2]
        path = f"{table}/{plan.day(day)}.{suffix}"
        extras.append(Extra("duplicate_file", table, path, day, nth, key))
    days = count(max((extra.day + 1 for extra in extras), default=plan.days))
    for name in _MISPLACED:
        for nth, day in zip(range(plan.count(name, 2 * plan.days)), days, strict=False):
            table = DAILY_TABLES[nth % 2]
            extras.append(Extra(name, table, _misplaced_path(plan, name, nth, day), day, nth))
    return extras


def _suffix(defect: str) -> str:
    return ".csv.gz" if defect == "truncated_gzip" else ".csv"


def _misplaced_path(plan: Plan, defect: str, nth: int, day: int) -> str:
    """Where a file goes whose fault is its place or its name."""
    table = DAILY_TABLES[nth % 2]
    if defect == "wrong_folder":
        return f"misc/{plan.day(day)}.csv"
    if defect == "wrong_name":
        return f"{table}/{table}_final{f'_{nth + 1}' if nth > 1 else ''}.csv"
    turn, place = divmod(nth, len(_NO_SUCH_DAYS))
    return f"{table}/{plan.first_day.year + turn}-{_NO_SUCH_DAYS[place]}.csv"


def _of(level: Level, outcome: Outcome) -> list[str]:
    return [
        name
        for name, defect in DEFECTS.items()
        if defect.level is level and defect.outcome is outcome
    ]
