from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pytest
from deltalake import DeltaTable, write_deltalake

from ingestion.settings import Settings
from orchestration.state.versions import data_tables, files_of


def test_the_history_of_runs_is_no_data(tmp_path: Path) -> None:
    for table in ("bronze/orders", "gold/new", "ops/ingested_files", "ops/runs", "ops/builds"):
        write_deltalake(tmp_path / table, pa.table({"number": [1]}))
    found = data_tables(Settings(str(tmp_path), ""))
    assert list(found) == ["bronze.orders", "gold.new", "ops.ingested_files"]


@pytest.mark.parametrize("name", ["plain", "a b", "ü #?'"])
def test_the_files_of_a_table_are_found_whatever_folders_and_partitions_are_called(
    tmp_path: Path, name: str
) -> None:
    folder = tmp_path / name / "table"
    folder.mkdir(parents=True)
    rows = pa.table({"number": [1, 2, 3], "place": ["plain", "Bü c/h%er=", None]})
    write_deltalake(folder, rows, partition_by=["place"])
    files = files_of(DeltaTable(folder), folder)
    assert files == set(folder.rglob("*.parquet"))
    assert len(files) == 3
