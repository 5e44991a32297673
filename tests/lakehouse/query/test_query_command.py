"""`lakehouse query` as from a shell."""

from __future__ import annotations

import io
import json
import os
import pty
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from ingestion.settings import Settings
from lakehouse.cli import main

Outcome = tuple[int, str, str]
PROJECT = Path(__file__).parents[3]


@pytest.fixture
def query(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., Outcome]:
    """Runs the command on the small lakehouse: exit code, output, error output."""
    monkeypatch.setenv("LAKEHOUSE_ROOT", settings.root)

    def run(*arguments: str, stdin: str = "") -> Outcome:
        monkeypatch.setattr(sys, "argv", ["lakehouse", "query", *arguments])
        monkeypatch.setattr(sys, "stdin", io.StringIO(stdin))
        code = 0
        try:
            main()
        except SystemExit as ended:
            code = int(ended.code or 0)
        shown = capsys.readouterr()
        assert "Traceback" not in shown.out + shown.err
        return code, shown.out, shown.err

    return run


def test_the_answer_is_a_table_csv_or_json(query: Callable[..., Outcome]) -> None:
    sql = "select order_count as n from daily_sales order by 1 limit 1"
    assert query(sql) == (0, "n\n0\n1 row\n", "")
    assert query(sql, "--format", "csv") == (0, "n\n0\n", "")
    assert json.loads(query(sql, "--format", "json")[1]) == [{"n": 0}]


def test_the_sql_comes_from_an_argument_a_file_or_standard_input(
    query: Callable[..., Outcome], tmp_path: Path
) -> None:
    file = tmp_path / "one.sql"
    file.write_text("\ufeffselect 1 as n;\n", encoding="utf-8")
    assert query("--file", str(file), "--format", "csv")[1] == "n\n1\n"
    assert query("--format", "csv", stdin="select 2 as n\n")[1] == "n\n2\n"
    assert query("--format", "csv", stdin="\ufeffselect 3 as n\n")[1] == "n\n3\n"
    code, _, shown = query("select 1", "--file", str(file))
    assert (code, "There are two queries." in shown) == (1, True)
    code, _, shown = query("--file", "nowhere.sql")
    assert (code, "nowhere.sql can't be read" in shown) == (1, True)


def test_the_answer_is_written_to_a_file(query: Callable[..., Outcome], tmp_path: Path) -> None:
    for form in ("csv", "json", "parquet"):
        file = tmp_path / f"out.{form}"
        assert query("select 1 as n", "--format", form, "--output", str(file))[0] == 0
        assert file.stat().st_size > 0


def test_the_time_of_the_tables_is_an_option(query: Callable[..., Outcome]) -> None:
    sql = "select count(*) as n from daily_sales"
    assert query(sql, "--as-of", "0", "--format", "csv")[1] == "n\n1\n"
    code, _, shown = query(sql, "--as-of", "2001-01-01")
    assert (code, "its oldest is of" in shown) == (1, True)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["select 1", "--format", "xml"], "There is no format 'xml'."),
        (["select 1", "--format", "parquet"], "--output"),
        (["select 1", "--output", "x"], "--format csv"),
        (["select 1", "--as-of", "noon"], "neither a version nor a time"),
        (["select 1", "--limit", "0"], "greater than or equal to 1"),
        (["drop table gold.daily_sales"], "DROP is refused"),
        (["select 1 / 0"], "ivision by zero"),
        (["select '[red]' from daily_sales where x"], "'[red]'"),
    ],
)
def test_what_can_not_be_done_is_explained_and_ends_with_1(
    query: Callable[..., Outcome], arguments: list[str], words: str
) -> None:
    code, _, shown = query(*arguments)
    assert code == 1
    assert words in shown


def test_the_help_has_examples(query: Callable[..., Outcome]) -> None:
    assert 'lakehouse query "describe gold.daily_sales"' in " ".join(query("--help")[1].split())


def test_a_reader_that_has_seen_enough_is_no_failure(settings: Settings) -> None:
    sql = "select n from unnest(sequence(1, 10000)) as a (n)"
    sql += " cross join unnest(sequence(1, 20)) as b (m)"
    command = f"{sys.executable} -m lakehouse.cli query '{sql}' --format csv | head -1"
    done = subprocess.run(
        ["bash", "-o", "pipefail", "-c", command],
        cwd=PROJECT,
        env={**os.environ, "LAKEHOUSE_ROOT": settings.root},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "n\n", "")


def test_neither_an_engine_nor_pandas_is_imported(settings: Settings) -> None:
    program = (
        "import sys; from lakehouse.cli import main\n"
        "sys.argv = ['lakehouse', 'query', 'select 1']\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        "slow = {'pyspark', 'pysail', 'pandas', 'pyarrow', 'dbt'} & set(sys.modules)\n"
        "sys.exit(str(slow) if slow else 0)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=PROJECT,
        env={**os.environ, "LAKEHOUSE_ROOT": settings.root},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_on_a_terminal_without_sql_a_shell_opens(settings: Settings, tmp_path: Path) -> None:
    ours, theirs = pty.openpty()
    environment = {
        **os.environ,
        "LAKEHOUSE_ROOT": settings.root,
        "XDG_STATE_HOME": str(tmp_path),
        "TERM": "dumb",
    }
    program = [sys.executable, "-m", "lakehouse.cli", "query"]
    with subprocess.Popen(
        program, cwd=PROJECT, env=environment, stdin=theirs, stdout=theirs, stderr=theirs
    ) as shell:
        os.close(theirs)
        os.write(ours, b"select 40 + 2 as answer;\r\\q\r")
        shown = b""
        while chunk := _read(ours):
            shown += chunk
        assert shell.wait() == 0
    os.close(ours)
    assert "42" in shown.decode()


def _read(terminal: int) -> bytes:
    """What comes next; nothing when the other side has ended."""
    try:
        return os.read(terminal, 4096)
    except OSError:
        return b""
