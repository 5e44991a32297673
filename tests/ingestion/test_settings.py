from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from tempfile import gettempdir

import pytest

from ingestion.errors import LakehouseError
from ingestion.layers import LAYERS
from ingestion.settings import Engine, Settings, absolute

ROOT = "/data/lake"


def read(**environment: str) -> Settings:
    return Settings.read(root=ROOT, environment=environment)


def test_an_empty_environment_gives_the_defaults(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    settings = Settings.read(environment={})
    assert settings.root == str(tmp_path / "warehouse")
    assert settings.raw == str(tmp_path / "warehouse/raw")
    assert (settings.reject_limit, settings.max_file_bytes) == (0.10, 2 * 1024**3)


def test_an_argument_wins_over_the_environment_and_that_over_the_default() -> None:
    environment = {"LAKEHOUSE_ROOT": "/a", "LAKEHOUSE_RAW": "/b"}
    named = Settings.read(root="/c", raw="/d", environment=environment)
    assert (named.root, named.raw) == ("/c", "/d")
    unnamed = Settings.read(environment=environment)
    assert (unnamed.root, unnamed.raw) == ("/a", "/b")
    assert read(LAKEHOUSE_ROOT="/a").raw == "/data/lake/raw"


def test_the_engine_is_sail_unless_an_argument_or_the_environment_says_otherwise() -> None:
    assert read().engine is Engine.SAIL
    assert read(LAKEHOUSE_ENGINE="spark").engine is Engine.SPARK
    argued = Settings.read(engine="sail", environment={"LAKEHOUSE_ENGINE": "spark"})
    assert argued.engine is Engine.SAIL
    with pytest.raises(LakehouseError, match="There is no engine 'Spark'"):
        read(LAKEHOUSE_ENGINE="Spark")


def test_every_variable_is_read() -> None:
    settings = read(
        LAKEHOUSE_REJECT_LIMIT="0.5",
        LAKEHOUSE_MAX_FILE_BYTES="1000",
        LAKEHOUSE_DATABASE_PREFIX="dev_",
    )
    assert (settings.reject_limit, settings.max_file_bytes) == (0.5, 1000)


@pytest.mark.parametrize("text", ["0", "1", "0.1"])
def test_a_reject_limit_is_a_share(text: str) -> None:
    assert read(LAKEHOUSE_REJECT_LIMIT=text).reject_limit == float(text)


@pytest.mark.parametrize("text", ["10%", "-0.1", "1.01", "nan", "inf", "ten"])
def test_what_is_no_share_is_refused_as_a_reject_limit(text: str) -> None:
    with pytest.raises(LakehouseError, match=r"LAKEHOUSE_REJECT_LIMIT=.* is no share") as raised:
        read(LAKEHOUSE_REJECT_LIMIT=text)
    assert "unset it" in raised.value.next_step


@pytest.mark.parametrize("text", ["0", "-1", "1e9", "2 GB", "1.5", "\u00b2"])
def test_what_is_no_number_of_bytes_is_refused_as_a_file_limit(text: str) -> None:
    with pytest.raises(LakehouseError, match=r"LAKEHOUSE_MAX_FILE_BYTES=.* is no number of bytes"):
        read(LAKEHOUSE_MAX_FILE_BYTES=text)


def test_a_folder_is_made_absolute(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", "/home/someone")
    assert absolute("raw/../raw") == str(tmp_path / "raw")
    assert absolute("~/raw") == "/home/someone/raw"
    assert absolute("/data/raw/") == "/data/raw"


def test_a_prefix_of_s3_stays_and_loses_its_last_slash() -> None:
    assert absolute("s3://bucket/raw/") == "s3://bucket/raw"
    settings = Settings.read(root="s3://bucket/", environment={})
    assert (settings.root, settings.raw) == ("s3://bucket", "s3://bucket/raw")


def test_tables_lie_at_the_same_keys_on_every_store() -> None:
    assert read().location("silver", "orders") == "/data/lake/silver/orders"
    assert Settings("s3://bucket", "").location("silver", "orders") == "s3://bucket/silver/orders"
    assert read().location("gold") == "/data/lake/gold"


def test_databases_have_the_prefix() -> None:
    assert read().database("gold") == "gold"
    assert read(LAKEHOUSE_DATABASE_PREFIX="pr_7_").database("gold") == "pr_7_gold"


def test_logs_are_written_to_this_machine() -> None:
    assert read().is_local
    assert read().log_folder == Path("/data/lake/logs")
    remote = Settings("s3://bucket", "s3://bucket/raw")
    assert not remote.is_local
    assert remote.log_folder == Path(gettempdir()) / "lakehouse-logs" / "bucket"


def test_a_tilde_that_stands_for_no_home_is_refused_with_the_way_to_write_it() -> None:
    with pytest.raises(LakehouseError, match="'~nobody-of-this-name'") as raised:
        absolute("~nobody-of-this-name")
    assert "./~nobody-of-this-name" in raised.value.next_step


def test_an_engine_gets_a_plain_path_and_a_bucket_as_it_is(tmp_path: Path) -> None:
    named = Settings.read(root=str(tmp_path / "My Lake"))
    assert named.location("bronze", "orders") == str(tmp_path / "My Lake/bronze/orders")
    told = named.engine_location("bronze", "orders")
    assert " " not in told
    assert told.endswith("/bronze/orders")
    bucket = Settings.read(root="s3://my-bucket/a lake")
    assert bucket.engine_location("bronze") == "s3://my-bucket/a lake/bronze"


def test_a_workspace_in_a_bucket_has_databases_of_its_own_and_one_in_a_folder_needs_none() -> None:
    remote = Settings(root="s3://bucket", raw="", database_prefix="dev_")
    names = {
        workspace: [replace(remote, workspace=workspace).database(layer) for layer in LAYERS]
        for workspace in ("", "run-1", "my-try")
    }
    assert names == {
        "": ["dev_bronze", "dev_silver", "dev_gold", "dev_ops"],
        "run-1": ["dev_bronze", "dev_work_silver", "dev_work_gold", "dev_ops"],
        "my-try": ["dev_bronze", "dev_work_my_try_silver", "dev_work_my_try_gold", "dev_ops"],
    }
    assert replace(read(), workspace="run-1").database("silver") == "silver"
