from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from ingestion.errors import LakehouseError
from orchestration.state.delta_reader import connect
from tests.lake import Lakehouse


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
