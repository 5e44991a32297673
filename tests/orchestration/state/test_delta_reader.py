from __future__ import annotations

import io
from pathlib import Path

import duckdb
import pytest
from rich.console import Console

from ingestion.errors import LakehouseError
from lakehouse.status import status_page
from orchestration.state.delta_reader import connect
from tests.lake import STARTED_AT, Lakehouse


def test_only_the_layers_that_are_named_are_opened(lakehouse: Lakehouse) -> None:
    """So that the history of runs can be read where a table of data is damaged."""
    log = Path(lakehouse.settings.location("bronze", "orders")) / "_delta_log"
    (log / f"{0:020}.json").write_text("{")
    tables = connect(lakehouse.settings, ["ops"])
    assert tables.execute("select count(*) from ops.ingested_files").fetchall() == [(0,)]
    with pytest.raises(duckdb.CatalogException):
        tables.execute("select * from bronze.products")
    with pytest.raises(LakehouseError, match=r"damaged: bronze\.orders"):
        connect(lakehouse.settings)


@pytest.mark.parametrize("table", ["ingested_files", "rejected_records", "missing_files"])
def test_status_shows_what_it_can_where_a_table_of_ops_is_damaged(
    lakehouse: Lakehouse, table: str
) -> None:
    log = Path(lakehouse.settings.location("ops", table)) / "_delta_log"
    (log / f"{0:020}.json").write_bytes(b"")
    output = io.StringIO()
    status_page(lakehouse.settings, STARTED_AT).show(Console(file=output, width=200))
    assert f"ops.{table}: commit 0 of its log is empty" in output.getvalue()
