"""The build as CodeBuild calls it, with an embedded engine on a folder in the place of AWS."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from deltalake import DeltaTable

from ingestion.settings import Settings
from orchestration.aws import build
from orchestration.aws.artifacts import publish_docs
from orchestration.project import PROJECT_FOLDER
from orchestration.project.digest import project_digest
from orchestration.state.build_cache import run_that_built
from orchestration.state.past_runs import read_ops, recorded_versions
from orchestration.state.versions import current_versions
from tests.oracle.shop import item, order, order_items, orders, products, write_raw

FILES: dict[str, str | bytes] = {
    "products/products.csv": products("1,4,Books,Atlas", "2,4,Toys,Ball"),
    "orders/2025-04-01.csv": orders(order(1, 7, "2025-04-01", "10")),
    "order_items/2025-04-01.csv": order_items(item(11, 1, 7, 1, "2025-04-01")),
    "orders/2025-04-03.csv": orders(order(3, 8, "2025-04-03", "20")),
    "order_items/2025-04-03.csv": "no such columns\n1\n",
}


BUILD = ("-m", "orchestration.aws.build")
JOB = ("orchestration/aws/glue_scripts/ingest.py",)


@dataclass(frozen=True)
class Ended:
    """A build that came to its end, and what it left."""

    code: int
    log: str
    root: Path

    def artifact(self, place: str) -> Any:
        return json.loads((self.root / "artifacts" / place).read_text())


def environment(root: Path, execution: str) -> dict[str, str]:
    own = {"LAKEHOUSE_ROOT": str(root), "LAKEHOUSE_EXECUTION": execution}
    kept = {name: value for name, value in os.environ.items() if not name.startswith("LAKEHOUSE_")}
    return kept | own | {"DBT_TARGET": "sail", "CODEBUILD_BUILD_NUMBER": "7"}


def start(root: Path, execution: str, *arguments: str, program: Sequence[str] = BUILD) -> Any:
    return subprocess.Popen(
        [sys.executable, *program, *arguments],
        cwd=PROJECT_FOLDER,
        env=environment(root, execution),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def run(root: Path, execution: str, *arguments: str) -> Ended:
    process = start(root, execution, *arguments)
    log, _ = process.communicate(timeout=300)
    return Ended(process.returncode, log, root)


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A root whose jobs have loaded what there is, in two runs as on Glue."""
    root = tmp_path_factory.mktemp("root")
    write_raw(root / "raw", FILES)
    for tables in ("products,orders", "order_items"):
        arguments = ["--root", str(root), "--tables", tables, "--batch-id", "e-1"]
        process = start(root, "", *arguments, program=JOB)
        log, _ = process.communicate(timeout=120)
        assert process.returncode == 0, log
    return root


@pytest.fixture(scope="module")
def first(root: Path) -> Ended:
    return run(root, "e-1")


@pytest.fixture(scope="module")
def second(first: Ended) -> Ended:
    """The same again, with nothing new."""
    return run(first.root, "e-2")


def test_a_build_with_a_file_in_quarantine_is_incomplete(first: Ended) -> None:
    assert first.code == 2, first.log
    summary = first.artifact("e-1/summary.json")
    assert summary["run_id"] == "e-1-7"
    assert summary["execution"] == "e-1"
    assert summary["status"] == "incomplete"
    assert summary["problems"] == []


def test_the_summary_counts_what_the_jobs_of_the_execution_have_loaded(first: Ended) -> None:
    summary = first.artifact("e-1/summary.json")
    assert summary["files"]["loaded"] == 4
    assert summary["records"] == {"read": 5, "loaded": 5, "rejected": 0}
    (quarantined,) = summary["files"]["quarantined"]
    assert quarantined["source_file"] == "order_items/2025-04-03.csv"
    assert quarantined["reason"].startswith("missing_column")
    assert summary["files"]["missing"] == [
        "order_items/2025-04-02.csv",
        "order_items/2025-04-03.csv",
        "orders/2025-04-02.csv",
    ]
    assert [file["source_file"] for file in summary["loaded_files"]] == [
        "order_items/2025-04-01.csv",
        "orders/2025-04-01.csv",
        "orders/2025-04-03.csv",
        "products/products.csv",
    ]
    assert {file["etag"] for file in summary["loaded_files"]} == {None}  # they lie in a folder


def test_the_summary_counts_tests_and_the_rows_of_every_table(first: Ended) -> None:
    summary = first.artifact("e-1/summary.json")
    assert summary["tests"]["passed"] > 100
    assert summary["tests"]["failed"] == 0
    assert summary["tables"]["bronze.orders"]["rows"] == 2
    assert summary["tables"]["silver.orders"]["rows"] == 2
    assert summary["tables"]["gold.daily_sales"]["rows"] == 3
    assert summary["tables"]["gold.daily_sales"]["version"] >= 0


def test_the_artifacts_of_dbt_and_the_site_lie_beside_it_and_as_the_latest(first: Ended) -> None:
    for place in ("e-1", "latest"):
        assert first.artifact(f"{place}/summary.json")["run_id"] == "e-1-7"
        models = first.artifact(f"{place}/manifest.json")["nodes"]
        assert "model.ecommerce_lakehouse.daily_sales" in models
        results = first.artifact(f"{place}/run_results.json")["results"]
        assert not any(result["unique_id"].startswith("unit_test") for result in results)
    site = first.root / "artifacts" / "latest" / "docs"
    assert "daily_sales" in (site / "index.html").read_text()
    assert (site / "column_lineage.html").exists()


def test_the_build_is_in_the_history_of_runs(first: Ended) -> None:
    (recorded,) = read_ops(Settings(str(first.root), ""), "runs")
    assert (recorded["run_id"], recorded["status"]) == ("e-1-7", "incomplete")
    assert (recorded["files_loaded"], recorded["records_read"]) == (4, 5)


def test_a_build_that_could_change_nothing_is_left_out(second: Ended) -> None:
    assert second.code == 2, second.log
    summary = second.artifact("e-2/summary.json")
    assert summary["tests"] == {"passed": 0, "warned": 0, "failed": 0}
    assert summary["files"]["loaded"] == 0
    assert summary["loaded_files"] == []
    assert len(summary["files"]["quarantined"]) == 1
    assert not (second.root / "artifacts" / "e-2" / "run_results.json").exists()
    versions = {name: state["version"] for name, state in summary["tables"].items()}
    before = second.artifact("e-1/summary.json")["tables"]
    built = [name for name in before if name.startswith(("silver.", "gold."))]
    assert built
    assert all(versions[name] == before[name]["version"] for name in built)


def test_a_build_that_dbt_can_not_begin_is_failed_and_says_why(second: Ended) -> None:
    ended = run(second.root, "e-3", "--select", "daily_sales", "--vars", "no vars at all: [")
    assert ended.code == 1
    summary = ended.artifact("e-3/summary.json")
    assert summary["status"] == "failed"
    (problem,) = summary["problems"]
    assert problem["kind"] == "build"
    assert "dbt stopped before it built anything" in problem["message"]
    assert ended.artifact("latest/summary.json")["execution"] == "e-2"


@pytest.mark.parametrize(
    ("arguments", "number", "words"),
    [
        (["--minutes", "0.02"], None, "The build took longer than 0.02 minutes and was stopped."),
        ([], signal.SIGTERM, "The build was stopped before its end."),
    ],
)
def test_a_build_that_is_stopped_leaves_a_summary_that_says_so(
    second: Ended, arguments: list[str], number: signal.Signals | None, words: str
) -> None:
    process = start(second.root, "e-4", "--full-refresh", *arguments)
    for line in process.stdout:
        if number and "build: 10 of" in line:
            process.send_signal(number)
            break
    log, _ = process.communicate(timeout=120)
    assert process.returncode == 1, log
    ended = Ended(process.returncode, log, second.root)
    summary = ended.artifact("e-4/summary.json")
    assert summary["status"] == "failed"
    assert words in summary["problems"][0]["message"]


def test_a_build_with_a_bad_node_leaves_the_docs_site_as_it_is(first: Ended) -> None:
    site = first.root / "artifacts" / "latest" / "docs"
    shutil.rmtree(site)
    arguments = ["--full-refresh", "--select", "orders", "--vars", "{min_order_amount: nonsense}"]
    ended = run(first.root, "e-5", *arguments)
    assert ended.code == 1, ended.log
    assert ended.artifact("e-5/summary.json")["problems"][0]["table"] is not None
    assert not site.exists()


def test_a_docs_site_that_can_not_be_written_is_logged_and_fails_nothing(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "artifacts/latest/docs/project.txt").mkdir(parents=True)
    publish_docs(Settings(str(tmp_path), ""), "project")
    assert "The docs site could not be written: " in caplog.text


def test_a_build_that_can_not_read_a_table_leaves_a_summary_that_names_it(tmp_path: Path) -> None:
    log = tmp_path / "ops" / "ingested_files" / "_delta_log"
    log.mkdir(parents=True)
    (log / f"{0:020}.json").write_text("{")
    assert build.main(["--target", "sail", "--root", str(tmp_path), "--execution", "e"]) == 1
    summary = json.loads((tmp_path / "artifacts/e/summary.json").read_text())
    assert summary["status"] == "failed"
    assert "The table ops.ingested_files at" in summary["problems"][0]["message"]


def test_what_a_job_commits_while_a_build_is_at_work_is_for_the_next_build(first: Ended) -> None:
    settings = Settings(str(first.root), "")
    process = start(first.root, "e-6", "--full-refresh")
    for line in process.stdout:
        if "build: 10 of" in line:
            ledger = DeltaTable(settings.location("ops", "ingested_files"))
            ledger.alter.set_table_properties({"delta.logRetentionDuration": "interval 9 days"})
            break
    log, _ = process.communicate(timeout=120)
    assert process.returncode == 2, log
    recorded = recorded_versions(settings)["e-6-7"]
    now = current_versions(settings)
    moved = {name for name in recorded if recorded[name] != now[name]}
    assert moved == {"ops.ingested_files"}
    assert run_that_built(settings, project_digest(settings), now) is None


def test_an_environment_on_aws_has_no_root_on_this_machine(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    assert build.main(["--target", "dev", "--root", str(tmp_path)]) == 1
    assert f"The root {tmp_path} is a folder, and dev is an environment on AWS." in caplog.text
