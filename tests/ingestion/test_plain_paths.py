from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from ingestion.errors import LakehouseError
from ingestion.ingest import ingest
from ingestion.ledger import Batch
from ingestion.plain_paths import plain_path
from ingestion.session import get_session
from ingestion.settings import Settings
from orchestration.state.delta_reader import connect
from tests.folder_names import NAMES, REFUSED
from tests.lake import STARTED_AT


def test_a_plain_path_stays_as_it_is(tmp_path: Path) -> None:
    assert plain_path("/data/lake-1/my_lake.2") == "/data/lake-1/my_lake.2"


def test_another_path_is_reached_through_a_link_that_goes_with_the_process(tmp_path: Path) -> None:
    program = (
        "import sys; from ingestion.plain_paths import plain_path; print(plain_path(sys.argv[1]))"
    )
    folder = tmp_path / "My Lake"
    done = subprocess.run(
        [sys.executable, "-c", program, str(folder)], capture_output=True, text=True, check=True
    )
    link = Path(done.stdout.strip())
    assert " " not in str(link)
    assert folder.is_dir()
    assert not link.parent.exists()


def test_the_link_of_a_folder_is_made_once(tmp_path: Path) -> None:
    (tmp_path / "My Lake").mkdir()
    link = plain_path(str(tmp_path / "My Lake"))
    assert Path(link).resolve() == tmp_path / "My Lake"
    assert plain_path(str(tmp_path / "My Lake")) == link


@pytest.mark.parametrize("name", NAMES)
def test_a_root_and_a_raw_folder_of_any_name_are_written_and_read_twice(
    spark: SparkSession, tmp_path: Path, name: str
) -> None:
    del spark  # started first, so that the session of all tests is the one to go back to
    raw = tmp_path / "raw" / name
    (raw / "products").mkdir(parents=True)
    (raw / "products/products.csv").write_text(
        "product_id,department_id,department,product_name\n1,2,Food,Bread\n2,2,Food,Milk\n"
    )
    root = tmp_path / "roots" / name
    settings = Settings.read(root=str(root), raw=str(raw))
    loaded = [
        len(ingest(get_session(settings), settings, Batch(run, STARTED_AT)).loaded)
        for run in ("first", "second")
    ]
    assert loaded == [1, 0]
    rows = connect(settings).execute("select product_id, source_file from bronze.products")
    assert sorted(rows.fetchall()) == [(1, "products/products.csv"), (2, "products/products.csv")]
    assert [path.name for path in root.parent.iterdir()] == [name], "no sister such as My%20Lake"


@pytest.mark.parametrize("name", REFUSED)
def test_a_root_that_delta_tables_can_not_be_in_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(LakehouseError) as raised:
        Settings.read(root=str(tmp_path / name), raw=str(tmp_path))
    raised.value.problem.encode()  # can be printed, whatever the name
    assert repr(str(tmp_path / name)) in raised.value.problem
    assert "--root or LAKEHOUSE_ROOT" in raised.value.next_step
    assert list(tmp_path.iterdir()) == []
