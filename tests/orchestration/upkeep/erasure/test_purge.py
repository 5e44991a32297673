"""Old versions of a table that goes on as it is."""

from __future__ import annotations

import os
from pathlib import Path

import pyarrow as pa
import pytest
from deltalake import DeltaTable, write_deltalake

from orchestration.upkeep.erasure.purge import purge


def test_what_stays_is_on_the_disk_before_old_versions_are_deleted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in (1, 2):
        write_deltalake(tmp_path, pa.table({"a": [number]}), mode="overwrite")
    checkpoint = tmp_path / f"_delta_log/{1:020}.checkpoint.parquet"
    old = [*tmp_path.glob("*.parquet"), tmp_path / f"_delta_log/{0:020}.json"]
    seen: list[tuple[bool, int]] = []
    sync = os.sync

    def watched() -> None:
        seen.append((checkpoint.exists(), sum(file.exists() for file in old)))
        sync()

    monkeypatch.setattr(os, "sync", watched)
    assert purge("gold.any", tmp_path) == 2
    assert seen == [(True, 3)]
    assert DeltaTable(tmp_path).to_pyarrow_table().to_pydict() == {"a": [2]}
