"""Every write of ours on the way to a publication goes wrong once, in every way that it can.

Old is what was published before, new is what the run publishes. Each point has its number in the
message of a failure; docs/crash-points.md lists them with what holds at each.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from deltalake import DeltaTable

from ingestion.errors import LakehouseError
from ingestion.settings import Settings
from orchestration.state.lock import only_run
from orchestration.state.published import INTENT, last_publication, shown_versions
from orchestration.state.versions import version_of
from tests.crashes.commands import DIED, in_process_of_its_own
from tests.crashes.points import Crash, CrashPoints, Fault
from tests.crashes.watch import build_and_publish
from tests.plain_tables import States, new_root, seen_alone, seen_together, state_of, write

_UNIQUE = re.compile(r"[0-9a-f]{32}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")

FIRST: States = {"silver.products": 1, "silver.orders": 1, "gold.quiet": 1}
SECOND: States = {"silver.products": 2, "silver.orders": 2, "gold.fresh": 2}


@dataclass(frozen=True)
class Case:
    """A publication of which every point goes wrong.

    Attributes:
        before: A folder with the root as it is before.
        old: What is published there.
        writes: What the run writes.
        has_links: The file system can link files.
    """

    before: Path
    old: States
    writes: States
    has_links: bool = True

    @property
    def new(self) -> States:
        return {**self.old, **self.writes}

    def copy(self, folder: Path) -> Settings:
        shutil.copytree(self.before, folder / "lake")
        return Settings(root=str(folder / "lake"), raw="")

    def points(self, settings: Settings, number: int, fault: Fault) -> CrashPoints:
        return CrashPoints(Path(settings.root), number, fault, has_links=self.has_links)


@pytest.fixture(scope="module")
def cases(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Case]:
    """A first publication, and a second one of tables that changed, are new and stay as they are.

    The commit of the orders is one after which a checkpoint is made, and another one lies before.
    """
    folder = tmp_path_factory.mktemp("cases")
    new_root(folder / "first")
    settings = new_root(folder / "second")
    for _ in range(9):
        write(settings, {"silver.orders": 0})
    DeltaTable(settings.location("silver", "orders")).create_checkpoint()
    build_and_publish(CrashPoints(Path(settings.root)), settings, FIRST)
    second = Case(folder / "second", FIRST, SECOND)
    return {
        "first": Case(folder / "first", {}, FIRST),
        "second": second,
        "second without links": Case(second.before, FIRST, SECOND, has_links=False),
    }


@pytest.mark.parametrize(
    ("name", "fault"),
    [
        ("first", "crash"),
        ("first", "torn"),
        ("second", "crash"),
        ("second", "torn"),
        ("second", "full"),
        ("second without links", "torn"),
    ],
)
def test_whatever_write_goes_wrong_readers_see_all_of_the_old_or_all_of_the_new_state(
    name: str, fault: Fault, cases: dict[str, Case], tmp_path: Path
) -> None:
    case = cases[name]
    points = _points_of(case, tmp_path / "whole")
    decided = points.index(f"rename to {INTENT}") + 1
    for number in range(1, len(points) + 1):
        if _can_be(fault, points[number - 1], case):
            try:
                _judge(case, number, fault, number <= decided, tmp_path / str(number))
            except AssertionError as error:
                error.add_note(f"{fault} at point {number}: {points[number - 1]}")
                raise


def _points_of(case: Case, folder: Path) -> list[str]:
    settings = case.copy(folder)
    points = case.points(settings, 0, "crash")
    build_and_publish(points, settings, case.writes)
    assert seen_together(settings) == case.new
    return points.seen


def _can_be(fault: Fault, point: str, case: Case) -> bool:
    if fault == "torn":
        parts = ("write beside", "append", "checkpoint", "delete folder")
        return point.startswith(parts if case.has_links else "copy")
    # On a full disk one can delete, and go on without a checkpoint.
    return fault == "crash" or not point.startswith(("delete", "checkpoint"))


def _judge(case: Case, number: int, fault: Fault, is_undecided: bool, folder: Path) -> None:
    """Let one point go wrong, look, run the next command, look, and run the same once more."""
    settings = case.copy(folder)
    root, expected = Path(settings.root), case.old if is_undecided else case.new
    points = case.points(settings, number, fault)
    if fault == "full":
        with pytest.raises(LakehouseError, match="No space left on device"):
            build_and_publish(points, settings, case.writes)
    else:
        with pytest.raises(Crash):
            build_and_publish(points, settings, case.writes)
    assert points.was_reached

    together = seen_together(settings)
    assert together in (case.old, case.new)
    for table, state in seen_alone(settings, case.new).items():
        assert state in (case.old.get(table), case.new[table])
    assert seen_alone(settings, case.old).keys() == case.old.keys()

    with only_run(settings):
        pass
    assert _seen(settings, case) == expected
    left = {path.name for path in (root / ".work").glob("*")}
    assert left <= ({"run-1"} if is_undecided else set())

    if is_undecided:
        build_and_publish(CrashPoints(root), settings, case.writes)
    assert _seen(settings, case) == case.new
    assert not list((root / ".work").glob("*"))
    _require_history(case, settings)
    shutil.rmtree(folder)


def _seen(settings: Settings, case: Case) -> States:
    """What readers of one table see, and those who pin versions, as both see the same ones."""
    shown = shown_versions(settings) or {}
    seen = {}
    for table in case.new:
        location = settings.location(*table.split("."))
        if DeltaTable.is_deltatable(location):
            opened = DeltaTable(location)
            assert version_of(opened) == shown[table]
            seen[table] = state_of(opened)
    return seen


def _require_history(case: Case, settings: Settings) -> None:
    """One publication more, one commit more of what changed, and the old versions as they were."""
    last = last_publication(settings)
    before = last_publication(Settings(root=str(case.before), raw=""))
    assert last is not None
    assert last.number == (before.number + 1 if before else 1)
    assert last.versions.keys() == case.new.keys()
    for table, state in case.old.items():
        assert before is not None
        version = before.versions[table].version
        assert last.versions[table].version == version + (table in case.writes)
        location = settings.location(*table.split("."))
        assert state_of(DeltaTable(location, version=version)) == state
    parts = [file for file in Path(settings.root).glob("*/**/*") if _is_part(file)]
    assert not parts or not case.has_links  # a vacuum deletes those of copies
    assert not list(filter(_is_part, Path(settings.root).iterdir()))


def _is_part(file: Path) -> bool:
    """Whether it is a file that was to be renamed."""
    return re.search(r"\.[0-9a-f]{32}$", file.name) is not None


@pytest.mark.parametrize(
    "what",
    [
        "link .work/",
        "link silver/orders/part",
        "rename to .work/publishing",
        "link gold/fresh/_delta_log",
        "append",
        "delete folder",
    ],
)
def test_a_process_that_is_killed_leaves_what_a_crash_in_these_tests_leaves(
    what: str, cases: dict[str, Case], tmp_path: Path
) -> None:
    case = cases["second"]
    points = _points_of(case, tmp_path / "whole")
    number = next(n for n, point in enumerate(points, 1) if point.startswith(what))
    crashed = case.copy(tmp_path / "crashed")
    with pytest.raises(Crash):
        build_and_publish(case.points(crashed, number, "crash"), crashed, case.writes)
    killed = case.copy(tmp_path / "killed")
    assert in_process_of_its_own(_die, killed, number, case.writes) == DIED
    assert sorted(_tree(Path(killed.root))) == sorted(_tree(Path(crashed.root)))


def _die(settings: Settings, number: int, writes: States) -> None:
    points = CrashPoints(Path(settings.root), number, ends_process=True)
    build_and_publish(points, settings, writes)


def _tree(root: Path) -> Iterator[tuple[str, int]]:
    """Every file by its name and the number of its names."""
    for path in root.rglob("*"):
        if path.is_file():
            yield _UNIQUE.sub("*", path.relative_to(root).as_posix()), path.stat().st_nlink
