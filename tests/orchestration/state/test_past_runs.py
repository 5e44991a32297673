from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pytest
from deltalake import write_deltalake

from ingestion.errors import LakehouseError
from ingestion.settings import Settings
from orchestration.state.past_runs import read_ops


@pytest.mark.parametrize("is_gone", [True, False])
def test_a_file_of_ops_that_is_gone_or_spoilt_is_explained(tmp_path: Path, is_gone: bool) -> None:
    table = tmp_path / "ops" / "builds"
    write_deltalake(table, pa.table({"run_id": ["first"]}))
    (file,) = table.glob("*.parquet")
    write_deltalake(table, pa.table({"run_id": ["second"]}), mode="overwrite")
    if is_gone:
        file.unlink()
    else:
        file.write_bytes(b"PAR1, and nothing that Parquet knows, PAR1")
    settings = Settings(str(tmp_path), "raw")
    assert read_ops(settings, "builds") == [{"run_id": "second"}]
    with pytest.raises(LakehouseError, match=r"ops\.builds at .* can't be read in version 0"):
        read_ops(settings, "builds", 0)
