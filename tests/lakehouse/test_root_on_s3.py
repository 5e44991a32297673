"""Commands on a root in a bucket say what they say of the same root in a folder."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import pytest
from rich.console import Console

from ingestion.layers import LAYERS
from ingestion.settings import Settings
from lakehouse.status import status_page
from orchestration.project import PROJECT_FOLDER
from orchestration.state.delta_reader import connect
from orchestration.state.storage import storage_of
from orchestration.state.versions import open_table
from tests import stand_in_s3

Run = Callable[..., tuple[int, str, str]]
SALES = """
select department, count(*) as products, sum(total_sales) as sales, min(last_updated_timestamp) as t
from product_performance group by 1 order by 1
"""


@pytest.fixture(scope="module")
def on_s3(sample: Settings, stand_in: str) -> Iterator[Settings]:
    """The sample with its raw files in a bucket."""
    with (
        pytest.MonkeyPatch.context() as monkeypatch,
        stand_in_s3.bucket_at(stand_in, monkeypatch) as bucket,
    ):
        storage = storage_of(f"{bucket}/lake")
        folders = [(Path(sample.root), layer) for layer in LAYERS]
        folders += [(PROJECT_FOLDER, "sample")]
        files = [
            (file.relative_to(top).as_posix(), file)
            for top, folder in folders
            for file in (top / folder).rglob("*")
            if file.is_file()
        ]
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(lambda found: storage.write(found[0], found[1].read_bytes()), files))
        yield Settings(f"{bucket}/lake", f"{bucket}/lake/sample")


def told(shown: str, settings: Settings) -> str:
    """What was printed, without the root, and without what the clock says."""
    placeless = shown.replace(settings.raw, "RAW").replace(settings.root, "ROOT")
    return re.sub(r"[0-9]+ min\b|[ \u2500\u2501]+", " ", placeless)


@pytest.mark.parametrize(
    "command",
    [
        ("status", "--format", "json"),
        ("runs",),
        ("trace", "orders", "10011"),
        ("cost",),
        ("query", SALES),
        ("query", "select count(*) as n from silver.orders for version as of 0"),
        ("query", "describe gold.daily_sales"),
        ("query", "show tables"),
    ],
)
def test_a_command_says_of_a_bucket_what_it_says_of_a_folder(
    run: Run, sample: Settings, on_s3: Settings, command: tuple[str, ...]
) -> None:
    answers = []
    for settings in (sample, on_s3):
        raw = ("--raw", settings.raw) if command[0] == "status" else ()
        code, shown, failure = run(*command, "--root", settings.root, *raw)
        assert (code, failure) == (0, "")
        answers.append(told(shown, settings))
    assert answers[0] == answers[1]
    assert len(answers[0]) > 10


def test_the_status_of_a_bucket_has_the_words_of_that_of_a_folder(
    sample: Settings, on_s3: Settings
) -> None:
    """At one time, as the width of an age decides which columns there is room for."""
    answers = []
    for settings in (sample, on_s3):
        console = Console(width=120)
        with console.capture() as capture:
            status_page(settings, datetime(2100, 1, 1, tzinfo=UTC)).show(console)
        answers.append(told(capture.get(), settings))
    assert answers[0] == answers[1]
    assert "How new the tables are" in answers[0]


def test_the_report_of_a_bucket_has_the_numbers_of_its_tables(
    run: Run, sample: Settings, on_s3: Settings, tmp_path: Path
) -> None:
    code, _, failure = run("report", "--root", on_s3.root, "-o", "report.html")
    assert (code, failure) == (0, "")
    sales = connect(sample).execute("select sum(total_sales) from gold.daily_sales").fetchone()
    assert sales is not None
    assert f"{sales[0]:,.0f}" in (tmp_path / "report.html").read_text()


def test_the_docs_of_a_bucket_have_the_types_and_sizes_of_its_tables(
    run: Run, sample: Settings, on_s3: Settings
) -> None:
    code, _, failure = run("docs", "--no-serve", "--root", on_s3.root, "--output", "site")
    assert (code, failure) == (0, "")
    index = Path("site/index.html").read_text()
    start = index.index(',catalog:{"metadata"') + len(",catalog:")
    catalog, _ = json.JSONDecoder().raw_decode(index[start:])
    sales = catalog["nodes"]["model.ecommerce_lakehouse.daily_sales"]
    assert sales["columns"]["total_sales"]["type"] == "decimal(18,2)"
    rows = open_table("gold.daily_sales", f"{sample.root}/gold/daily_sales").count()
    assert sales["stats"]["rows"]["value"] == rows


def test_a_file_that_is_gone_from_the_raw_folder_of_a_bucket_is_named(
    run: Run, on_s3: Settings
) -> None:
    storage = storage_of(on_s3.raw)
    name = "orders/2025-04-02.csv"
    content = storage.read(name)
    assert content
    storage.delete(name)
    _, shown, _ = run("status", "--root", on_s3.root, "--raw", on_s3.raw)
    storage.write(name, content)
    assert f"\n{name} " in shown.split("Gone from the raw folder")[1]
