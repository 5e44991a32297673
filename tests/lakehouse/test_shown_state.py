"""What status says of the tables that readers see, whatever the newest command was."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import astuple, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from deltalake import write_deltalake
from pyspark.sql.pandas.types import to_arrow_schema
from rich.console import Console

from ingestion.ops_tables import INGESTED_FILES
from ingestion.settings import Settings
from lakehouse.status import status_page
from orchestration.state.history import record_run
from orchestration.state.publications import publish
from orchestration.state.results import Build, NodeResult, RunResult
from orchestration.state.workspaces import name_of_run, new_workspace
from tests.ingestion.ledgers import ledger_row
from tests.lakehouse.json_pages import as_json, documented, names_in
from tests.plain_tables import write_workspace

ORDERS, SALES = "silver.orders", "gold.sales"
GOOD, SECOND, THIRD = "a1" * 16, "b2" * 16, "c3" * 16
NOW = datetime(2100, 1, 1, tzinfo=UTC)
Outcomes = dict[str, tuple[str, int]]


def nodes(outcomes: Outcomes, kind: str = "test") -> list[NodeResult]:
    """Tests with their status and the rows they found."""
    return [
        NodeResult(name, kind, ORDERS, status, rows, 0.1, "", "")
        for name, (status, rows) in outcomes.items()
    ]


class Root:
    """A root on which runs are played: what they publish, and what is recorded of them."""

    def __init__(self, folder: Path) -> None:
        self.settings = Settings(str(folder), str(folder / "raw"))
        self._state = 0

    def files(self, erased: Sequence[str] = (), **contents: str) -> None:
        """Let the ledger hold these loaded files, some with an erased record, and no others."""
        rows = [
            replace(
                ledger_row(f"orders/{name}.csv", content),
                records_loaded=int(name not in erased),
                records_erased=int(name in erased),
            )
            for name, content in contents.items()
        ]
        columns = zip(INGESTED_FILES.names, zip(*map(astuple, rows), strict=True), strict=True)
        table = pa.table({n: list(v) for n, v in columns}, to_arrow_schema(INGESTED_FILES))
        location = self.settings.location("ops", "ingested_files")
        write_deltalake(location, table, mode="overwrite")

    def run(
        self,
        run_id: str,
        command: str = "run",
        tables: Sequence[str] = (ORDERS, SALES),
        tests: Outcomes | None = None,
        *,
        status: str = "well",
        is_of_all: bool = True,
    ) -> None:
        """A run that publishes these tables, and leaves a workspace if it has failed."""
        self._state += 1
        workspace = new_workspace(self.settings, name_of_run(run_id))
        write_workspace(workspace, dict.fromkeys(tables, self._state))
        now = datetime.now(UTC)
        result = RunResult(run_id, command, results=nodes(tests or {}))
        if status != "failed":
            publish(workspace, run_id)
            result.builds = [Build("x", run_id, now)] * is_of_all
        record_run(self.settings, result, now, now, status, 2)

    def record(self, run_id: str, command: str, status: str = "well") -> None:
        """A run that has left silver and gold alone."""
        now = datetime.now(UTC)
        record_run(self.settings, RunResult(run_id, command), now, now, status, 2)

    def status(self, workspace: str = "") -> Any:
        found = as_json(status_page(self._in(workspace), NOW))
        assert set(names_in(found)) <= documented("status")
        return found

    def shown(self, workspace: str = "") -> str:
        console = Console(width=200)
        with console.capture() as capture:
            status_page(self._in(workspace), NOW).show(console)
        return " ".join(capture.get().split())

    def _in(self, workspace: str) -> Settings:
        root = self.settings
        return Settings(root.root, root.raw, workspace=workspace)


@pytest.fixture
def root(tmp_path: Path) -> Root:
    """A good run of one file has published two tables; one of its three tests warned."""
    root = Root(tmp_path)
    root.files(one="a")
    root.run(GOOD, tests={"unique": ("pass", 0), "known": ("warn", 2), "sums": ("pass", 0)})
    return root


def test_after_a_good_run_all_is_of_it(root: Root) -> None:
    found = root.status()
    assert (found["published_by_run"], found["failed_run"], found["unbuilt"]) == (GOOD, None, [])
    assert [(one["run_id"], one["tables"]) for one in found["published"]] == [
        (GOOD, [SALES, ORDERS])
    ]
    assert found["tests"] == {"passed": 2, "warned": 1, "failed": 0}
    assert "Tables by the run" not in root.shown()


def test_a_red_run_is_named_and_changes_nothing_of_what_is_shown(root: Root) -> None:
    before = root.status()
    root.files(one="a", two="b")
    root.run(SECOND, tests={"unique": ("fail", 3), "sums": ("skipped", 0)}, status="failed")
    found = root.status()
    for name in ("published_by_run", "published", "tests", "tests_not_passed"):
        assert found[name] == before[name]
    failed = found["failed_run"]
    assert (failed["run_id"], failed["workspace"]) == (SECOND, name_of_run(SECOND))
    assert failed["causes"] == ["test unique (3 rows)"]
    assert found["last_run"]["run_id"] == SECOND
    assert [(one["source_file"], one["state"]) for one in found["unbuilt"]] == [
        ("orders/two.csv", "new")
    ]
    shown = root.shown()
    assert f"shown silver and gold as run {GOOD[:12]} published them" in shown
    assert f"test unique (3 rows); look at it with --workspace {name_of_run(SECOND)}" in shown


def test_a_red_run_is_past_once_everything_was_built_well(root: Root) -> None:
    root.run(SECOND, tests={"unique": ("fail", 3)}, status="failed")
    root.record(THIRD, "run")  # the edit was taken back, so there was nothing new
    assert root.status()["failed_run"] is None


def test_a_run_that_failed_before_it_built_is_named(root: Root) -> None:
    root.record(SECOND, "ingest", status="failed")
    assert root.status()["failed_run"]["causes"] == []
    assert "before a table was built" in root.shown()


def test_a_build_of_some_tables_does_not_pass_for_one_of_all(root: Root) -> None:
    root.run(SECOND, tests={"unique": ("fail", 3)}, status="failed")
    command = "build --select sales"
    root.run(THIRD, command, [SALES], {"known": ("pass", 0)}, is_of_all=False)
    found = root.status()
    assert [(one["run_id"], one["command"], one["tables"]) for one in found["published"]] == [
        (THIRD, command, [SALES]),
        (GOOD, "run", [ORDERS]),
    ]
    assert found["tests"] == {"passed": 3, "warned": 0, "failed": 0}
    assert found["failed_run"]["run_id"] == SECOND
    assert f"{GOOD[:12]} " in root.shown().split("Tables by the run that published them")[1]


def test_what_is_loaded_and_not_built_is_listed(root: Root) -> None:
    root.files(one="a", two="b", three="c")
    root.run(SECOND)
    root.files(one="other", two="b", four="d", erased=["two"])
    root.record(THIRD, "ingest")
    found = root.status()
    assert [(one["source_file"], one["state"]) for one in found["unbuilt"]] == [
        ("orders/four.csv", "new"),
        ("orders/one.csv", "changed"),
        ("orders/three.csv", "gone"),
    ]
    assert found["published_by_run"] == SECOND


def test_before_the_first_build_every_file_is_unbuilt(tmp_path: Path) -> None:
    root = Root(tmp_path)
    root.files(one="a")
    root.record(GOOD, "ingest")
    found = root.status()
    assert [one["source_file"] for one in found["unbuilt"]] == ["orders/one.csv"]
    assert (found["published"], found["tests"]["passed"]) == ([], 0)


def test_after_a_restore_the_tests_are_those_of_what_was_restored(root: Root) -> None:
    root.run(SECOND, tests={"unique": ("warn", 9), "known": ("pass", 0), "new": ("warn", 1)})
    assert root.status()["tests"] == {"passed": 1, "warned": 2, "failed": 0}
    root.run(THIRD, f"restore --run {GOOD}", is_of_all=False)
    found = root.status()
    assert found["tests"] == {"passed": 2, "warned": 1, "failed": 0}
    assert [(one["test"], one["rows"]) for one in found["tests_not_passed"]] == [("known", 2)]
    assert found["published_by_run"] == THIRD
    # The restore has handed no build of everything on.
    assert found["unbuilt"] is None
    assert "nobody can say which files they lack" in root.shown()


def test_a_test_that_is_no_more_is_forgotten_with_the_next_run_of_everything(root: Root) -> None:
    root.run(SECOND, tests={"unique": ("pass", 0), "sums": ("unchanged", 0)})
    assert root.status()["tests"] == {"passed": 2, "warned": 0, "failed": 0}


def test_in_the_workspace_of_a_run_the_tests_are_its_own(root: Root) -> None:
    root.run(SECOND, tests={"unique": ("fail", 3), "known": ("pass", 0)}, status="failed")
    found = root.status(name_of_run(SECOND))
    assert found["tests"] == {"passed": 1, "warned": 0, "failed": 1}
    assert found["published_by_run"] == GOOD
    new_workspace(root.settings, "dev")
    assert root.status("dev")["tests"] == {"passed": 0, "warned": 0, "failed": 0}
    assert "as this is the workspace of no run" in root.shown("dev")


def test_before_there_were_publications_every_run_wrote_in_place(tmp_path: Path) -> None:
    root = Root(tmp_path)
    now = datetime.now(UTC)
    result = RunResult(GOOD, "run", results=nodes({"unique": ("fail", 3)}))
    record_run(root.settings, result, now, now, "failed", 2)
    found = root.status()
    assert found["tests"] == {"passed": 0, "warned": 0, "failed": 1}
    assert found["failed_run"]["workspace"] is None
