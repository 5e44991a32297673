from __future__ import annotations

import json
import re
import subprocess
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest
from deltalake import DeltaTable
from py4j.protocol import Py4JError
from pyspark.sql import SparkSession

from ingestion.settings import Settings
from ingestion.tables import TABLES
from lakehouse.replaced_rows import replaced_rows
from orchestration.project import PROJECT_FOLDER
from orchestration.state.delta_reader import connect
from orchestration.state.lock import only_run, restore_under_way
from tests.lake import Lakehouse
from tests.lakehouse.report.lakes import empty_gold, write_lake

Outcome = tuple[int, str, str]
PRODUCTS = "products/products.csv"


@pytest.mark.parametrize(
    "command",
    [
        "run",
        "ingest",
        "build",
        "replay",
        "status",
        "runs",
        "report",
        "cost",
        "query",
        "restore",
        "repair",
        "erase-user",
        "catalog",
        "generate",
        "new",
        "docs",
        "lineage",
    ],
)
def test_help_names_every_command_and_explains_each(
    run: Callable[..., Outcome], command: str
) -> None:
    code, shown, _ = run("--help")
    assert code == 0
    assert f" {command} " in shown
    code, shown, _ = run(command, "--help")
    assert code == 0
    assert f"lakehouse {command} " in shown


def test_report_writes_its_page_here_and_says_where(
    run: Callable[..., Outcome], tmp_path: Path
) -> None:
    write_lake(tmp_path / "lake", empty_gold())
    code, shown, _ = run("report", "--root", str(tmp_path / "lake"))
    assert code == 0
    assert f"wrote {tmp_path / 'report.html'} (" in shown
    assert "No orders yet." in (tmp_path / "report.html").read_text()


def test_the_version_is_shown(run: Callable[..., Outcome]) -> None:
    project = tomllib.loads((PROJECT_FOLDER / "pyproject.toml").read_text())["project"]
    assert run("--version") == (0, f"lakehouse {project['version']}\n", "")


def test_completion_is_installed_by_a_flag(run: Callable[..., Outcome]) -> None:
    assert "--install-completion" in run("--help")[1]


def test_help_lists_the_exit_codes_and_where_to_start(run: Callable[..., Outcome]) -> None:
    shown = " ".join(run("--help")[1].split())
    assert "0 all well; 2 finished, but" in shown
    assert "lakehouse run --raw sample" in shown


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["rum"], "No such command"),
        (["run", "--row", "x"], "No such option"),
        (["run", "--engine", "flink"], "There is no engine 'flink'"),
        (["ingest", "--raw"], "requires an argument"),
        (["generate"], "Missing option"),
        (["lineage"], "Missing argument"),
        (["lineage", "gold.daily_sales", "--format", "xml"], "'xml' is not one of"),
        (["generate", "--raw", "x", "--days", "many"], "valid integer"),
    ],
)
def test_wrong_arguments_are_explained_and_are_no_finished_run(
    run: Callable[..., Outcome], arguments: list[str], words: str
) -> None:
    code, _, shown = run(*arguments)
    assert code == 1
    assert words in shown


def test_a_share_that_is_none_is_explained(run: Callable[..., Outcome]) -> None:
    code, _, shown = run("generate", "--raw", "x", "--defect", "orphan_order")
    assert code == 1
    assert "expected NAME=SHARE" in shown
    assert "lakehouse generate --help" in shown


@pytest.mark.parametrize("command", ["run", "ingest"])
def test_a_missing_raw_folder_is_reported_before_spark_is_started(
    run: Callable[..., Outcome], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    monkeypatch.delattr("orchestration.pipeline.run.get_session")
    code, _, shown = run(command, "--raw", "nowhere", "--root", "lake")
    assert code == 1
    assert f"The raw folder {tmp_path}/nowhere does not exist." in shown
    assert "--raw" in shown.splitlines()[1]


@pytest.mark.parametrize("command", ["run", "ingest", "build"])
def test_a_root_that_can_not_be_written_is_reported_before_spark_is_started(
    run: Callable[..., Outcome], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    monkeypatch.delattr("orchestration.pipeline.run.get_session")
    (tmp_path / "raw").mkdir()
    monkeypatch.setenv("LAKEHOUSE_RAW", str(tmp_path / "raw"))
    (tmp_path / "file").write_text("")
    code, _, shown = run(command, "--root", "file/lake")
    assert code == 1
    assert f"The root {tmp_path}/file/lake can't be written: Not a directory." in shown
    assert "Choose another folder with --root" in shown.splitlines()[1]


def test_a_root_that_another_run_holds_is_reported(
    run: Callable[..., Outcome], tmp_path: Path
) -> None:
    with only_run(Settings(str(tmp_path / "lake"), "")):
        code, _, shown = run("build", "--root", "lake")
    assert code == 1
    assert "Another run is at work" in shown
    assert "Wait until it has ended" in shown


def test_status_without_a_lakehouse_names_the_next_command(run: Callable[..., Outcome]) -> None:
    code, _, shown = run("status", "--root", "lake")
    assert code == 1
    assert "There is no lakehouse at" in shown
    assert "lakehouse run --raw DIR" in shown


def test_a_variable_without_a_usable_value_is_named(
    run: Callable[..., Outcome], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LAKEHOUSE_REJECT_LIMIT", "10%")
    code, _, shown = run("ingest")
    assert code == 1
    assert "LAKEHOUSE_REJECT_LIMIT='10%' is no share" in shown
    assert "unset it" in shown


def test_a_folder_named_like_markup_is_shown_as_it_is(
    run: Callable[..., Outcome], tmp_path: Path
) -> None:
    code, _, shown = run("ingest", "--raw", "[red]x[/] [/y]", "--root", "lake")
    assert code == 1
    assert f"{tmp_path}/[red]x[/] [/y] does not exist" in shown


def test_an_empty_raw_folder_is_reported(
    run: Callable[..., Outcome], lakehouse: Lakehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("orchestration.pipeline.run.get_session", lambda settings: lakehouse.spark)
    lakehouse.raw.mkdir()
    code, _, shown = run("ingest", "--raw", str(lakehouse.raw), "--root", lakehouse.settings.root)
    assert code == 1
    assert f"The raw folder {lakehouse.raw} holds no file of products, orders" in shown
    assert "<table>/YYYY-MM-DD.csv" in shown.splitlines()[1]


def test_a_failure_of_the_engine_is_reported_in_a_sentence_with_its_log(
    run: Callable[..., Outcome], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_: Settings) -> None:
        raise Py4JError("Job aborted.\n\tat Z.scala\nCaused by: No space left on device\n\tat Q")

    monkeypatch.setattr("orchestration.pipeline.run.get_session", fail)
    (tmp_path / "raw").mkdir()
    code, _, shown = run("ingest", "--raw", "raw", "--root", "lake")
    assert code == 1
    assert "The engine failed: No space left on device\n" in shown
    assert f"{tmp_path}/lake/logs" in shown


def test_a_run_whose_engine_failed_is_recorded(
    run: Callable[..., Outcome], lakehouse: Lakehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("orchestration.pipeline.run.get_session", lambda settings: lakehouse.spark)
    lakehouse.write(
        "products/products.csv", "product_id,department_id,department,product_name", "1,2,a,b"
    )
    ingest = ("ingest", "--raw", str(lakehouse.raw), "--root", lakehouse.settings.root)
    assert run(*ingest)[0] == 0
    ledger = Path(lakehouse.settings.location("ops", "ingested_files"))

    def start_and_lose_a_file(_: Settings) -> SparkSession:
        for file in ledger.glob("*.parquet"):
            file.write_text("damaged")
        return lakehouse.spark

    monkeypatch.setattr("orchestration.pipeline.run.get_session", start_and_lose_a_file)
    code, _, shown = run(*ingest)
    assert code == 1
    assert "The engine failed: " in shown
    history = connect(lakehouse.settings, leaves_out=["ops.ingested_files"])
    query = "select run_number, command, status from ops.runs order by run_number"
    assert history.execute(query).fetchall() == [(1, "ingest", "well"), (2, "ingest", "failed")]
    query = "select count(distinct table_name), count(*) from ops.table_versions"
    assert history.execute(query).fetchall() == [(6, 12)]


def test_a_run_with_gaps_ends_with_2_and_names_them_until_they_are_fixed(
    run: Callable[..., Outcome], lakehouse: Lakehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("orchestration.pipeline.run.get_session", lambda settings: lakehouse.spark)
    header = "product_id,department_id,department,product_name"
    ingest = ("ingest", "--raw", str(lakehouse.raw), "--root", lakehouse.settings.root)
    lakehouse.write("products/products.csv", header.replace("department,", "[dept],"), "1,2,a,b")
    code, shown, _ = run(*ingest)
    assert code == 2
    assert "quarantined products/products.csv: missing_column: " in shown
    assert "unknown there: '[dept]'" in shown
    assert "Correct the quarantined files and run again" in shown
    code, shown, said = run(*ingest, "-q")
    assert (code, shown) == (2, "")
    assert said.startswith("incomplete: 1 file in quarantine, 1 file missing; ")
    assert said.count("\n") == 1
    lakehouse.write("products/products.csv", header, "1,2,a,b")
    code, shown, _ = run(*ingest)
    assert code == 0
    assert "quarantined" not in shown
    code, shown, said = run("status", "--root", lakehouse.settings.root, "--format", "json")
    assert (code, said) == (0, "")
    assert json.loads(shown)["last_run"]["status"] == "well"
    code, shown, _ = run("status", "--root", lakehouse.settings.root)
    assert code == 0
    assert "Newest run" in shown
    assert "In quarantine" not in shown
    assert "Missing" not in shown


def test_the_raw_folder_is_remembered_until_another_is_named(
    run: Callable[..., Outcome], lakehouse: Lakehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("orchestration.pipeline.run.get_session", lambda settings: lakehouse.spark)
    lakehouse.write(PRODUCTS, "product_id,department_id,department,product_name", "1,2,a,b")
    root = ("--root", lakehouse.settings.root)
    assert run("ingest", *root, "--raw", str(lakehouse.raw))[0] == 0
    assert f"raw    {lakehouse.raw}, as last time" in run("ingest", *root)[2]
    assert run("ingest", *root, "-q")[1:] == ("", "")
    assert f"all 1 loaded files still lie in {lakehouse.raw}" in run("status", *root)[1]
    moved = lakehouse.raw.rename(lakehouse.raw.with_name("moved"))
    for command in ("run", "ingest", "repair", "replay"):
        code, _, shown = run(command, *root)
        assert code == 1
        assert f"The raw folder {lakehouse.raw}, which the root" in shown
        assert "with --raw DIR" in shown.splitlines()[1]
    assert "name it with --raw" in run("status", *root)[1]
    assert run("ingest", *root, "--raw", str(moved))[0] == 0
    assert run("ingest", *root)[0] == 0


def ingest_twice(run: Callable[..., Outcome], lakehouse: Lakehouse) -> list[str]:
    """Load a file and its correction; the ids of both runs."""
    header = "product_id,department_id,department,product_name"
    for line in ("1,2,a,b", "1,2,a,c"):
        lakehouse.write("products/products.csv", header, line)
        arguments = ("ingest", "--raw", str(lakehouse.raw), "--root", lakehouse.settings.root)
        assert run(*arguments)[0] == 0
    query = "select run_id from ops.runs order by run_number"
    return [run_id for (run_id,) in lakehouse.query(query)]


def test_rows_that_a_corrected_file_replaced_are_found_with_their_values(
    run: Callable[..., Outcome], lakehouse: Lakehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("orchestration.pipeline.run.get_session", lambda settings: lakehouse.spark)
    assert replaced_rows(lakehouse.settings, TABLES["products"], 1) == []
    first, _ = ingest_twice(run, lakehouse)
    (row,) = replaced_rows(lakehouse.settings, TABLES["products"], 1)
    assert (row["product_name"], row["batch_id"], row["source_file"]) == ("b", first, PRODUCTS)
    assert replaced_rows(lakehouse.settings, TABLES["products"], 2) == []
    folder = Path(lakehouse.settings.location("bronze", "products"))
    kept = {Path(uri).name for uri in DeltaTable(folder).file_uris()}
    for file in folder.rglob("*.parquet"):
        if file.name not in kept:
            file.unlink()
    assert replaced_rows(lakehouse.settings, TABLES["products"], 1) == []


def test_a_restore_lists_the_runs_says_what_it_would_do_does_it_and_names_the_way_back(
    run: Callable[..., Outcome], lakehouse: Lakehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("orchestration.pipeline.run.get_session", lambda settings: lakehouse.spark)
    first, second = ingest_twice(run, lakehouse)
    root = ("--root", lakehouse.settings.root)
    code, shown, _ = run("restore", *root)
    assert code == 0
    assert [line.split()[0] for line in shown.splitlines()[2:4]] == [second, first]
    code, shown, _ = run("restore", *root, "--run", first[:8], "--dry-run")
    assert code == 0
    assert "bronze.products" in shown
    assert "Raw files that came or changed after that run (1): products/products.csv." in shown
    assert f"Nothing was changed. To do it: lakehouse restore --run {first}" in shown
    assert lakehouse.query("select product_name from bronze.products") == [("c",)]
    code, shown, _ = run("restore", *root, "--run", first[:8])
    assert code == 0
    assert f"To undo it: lakehouse restore --run {second}" in shown
    assert lakehouse.query("select product_name from bronze.products") == [("b",)]
    code, shown, _ = run("status", *root)
    assert code == 0
    assert " restore --run " in shown
    code, shown, _ = run("restore", *root, "--run", first)
    assert code == 0
    assert "there is nothing to do" in shown


def test_a_restore_that_was_cut_off_is_shown_and_keeps_runs_away(
    run: Callable[..., Outcome], lakehouse: Lakehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("orchestration.pipeline.run.get_session", lambda settings: lakehouse.spark)
    first, _ = ingest_twice(run, lakehouse)
    root = ("--root", lakehouse.settings.root)
    with pytest.raises(KeyboardInterrupt), restore_under_way(lakehouse.settings, first):
        raise KeyboardInterrupt
    words = f"lakehouse restore --run {first}"
    assert words in run("status", *root)[1]
    code, _, shown = run("ingest", "--raw", str(lakehouse.raw), *root)
    assert code == 1
    assert "was cut off" in shown
    assert words in shown.splitlines()[1]
    assert run("restore", *root, "--run", first)[0] == 0
    assert "cut off" not in run("status", *root)[1]


def test_a_maintenance_prints_files_and_bytes_and_what_is_kept(
    run: Callable[..., Outcome], lakehouse: Lakehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("orchestration.pipeline.run.get_session", lambda settings: lakehouse.spark)
    root = ("--root", lakehouse.settings.root)
    for _ in range(2):
        first, _ = ingest_twice(run, lakehouse)[:2]
        ingest_twice(run, lakehouse)
    code, shown, _ = run("maintain", *root, "--dry-run")
    assert code == 0
    assert re.search(r"ops.runs +8 +1 +\d+ +\d+ +[\d,]+ +[\d,]+\n", shown)
    assert "Kept, and to be restored: 8 runs, the oldest " + first in shown
    assert "Nothing was changed." in shown
    code, shown, _ = run("maintain", *root)
    assert code == 0
    assert "Done, as run " in shown
    code, _, shown = run("maintain", *root, "--keep-days", "6")
    assert code == 1
    assert "--keep-days 6 is less than 7." in shown


@pytest.mark.parametrize("command", [("restore", "--run", "1"), ("maintain",)])
def test_upkeep_waits_for_no_other_run_and_makes_no_lakehouse(
    run: Callable[..., Outcome],
    lakehouse: Lakehouse,
    monkeypatch: pytest.MonkeyPatch,
    command: tuple[str, ...],
) -> None:
    monkeypatch.setattr("orchestration.pipeline.run.get_session", lambda settings: lakehouse.spark)
    first, _ = ingest_twice(run, lakehouse)
    with only_run(lakehouse.settings):
        arguments = [first if part == "1" else part for part in command]
        code, _, shown = run(*arguments, "--root", lakehouse.settings.root)
    assert code == 1
    assert "Another run is at work" in shown
    code, _, shown = run(*command, "--root", "nowhere")
    assert code == 1
    assert "There is no lakehouse at" in shown
    assert not Path("nowhere").exists()


def test_a_reader_that_has_seen_enough_changes_no_exit_code() -> None:
    code = (
        "import sys\n"
        "from lakehouse import cli\n"
        "from orchestration.pipeline.console import new_console\n"
        "def main():\n"
        "    for _ in range(3): new_console().print('a line\\n' + ('x' * 200 + '\\n') * 500)\n"
        "    sys.exit(2)\n"
        "cli.main = main\n"
        "cli.command()\n"
    )
    pipeline = f'{sys.executable} -c "$0" | head -1; echo ${{PIPESTATUS[0]}}'
    done = subprocess.run(
        ["bash", "-c", pipeline, code], capture_output=True, text=True, timeout=300, check=False
    )
    assert (done.stdout, done.stderr) == ("a line\n2\n", "")


def test_the_command_ends_with_its_code_though_a_thread_is_still_at_work() -> None:
    code = (
        "import sys, threading\n"
        "from lakehouse import cli\n"
        "threading.Thread(target=threading.Event().wait).start()\n"
        "cli.main = lambda: sys.exit(2)\n"
        "sys.stdout.write('said')\n"
        "cli.command()\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (2, "said", "")
