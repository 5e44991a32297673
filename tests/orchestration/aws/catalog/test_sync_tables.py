from __future__ import annotations

from dataclasses import replace
from typing import Any

import pyarrow as pa
import pytest
from moto.core.exceptions import JsonRESTError
from moto.glue.models import FakeTable, GlueBackend

from ingestion.errors import LakehouseError
from ingestion.settings import Settings
from orchestration.aws.catalog import Drift, Kind, check, sync, sync_tables
from orchestration.state import versions
from tests.orchestration.aws.catalog.conftest import ORDERS, ROOT, WORDS, Lake

DELTA = {
    "spark.sql.sources.provider": "delta",
    "table_type": "DELTA",
    "classification": "delta",
    "EXTERNAL": "TRUE",
}


def kinds(drifts: list[Drift]) -> list[tuple[str, str]]:
    return [(drift.kind, drift.detail) for drift in drifts]


def in_step(lake: Lake) -> None:
    """A table that is registered as it should be."""
    lake.create_databases()
    lake.write()
    sync(lake.settings, WORDS)
    assert check(lake.settings, WORDS) == []


def change(lake: Lake, **changes: Any) -> None:
    """Change the entry of silver.orders as somebody else might."""
    entry = lake.entry()
    kept = ("Name", "Description", "TableType", "Parameters", "StorageDescriptor")
    wanted = {name: entry[name] for name in kept} | changes
    lake.glue.update_table(DatabaseName="dev_silver", TableInput=wanted)


def test_a_new_table_is_registered_with_true_columns_and_the_words_of_the_project(
    lake: Lake,
) -> None:
    lake.create_databases()
    location = lake.write()
    assert check(lake.settings, WORDS) == [Drift("silver", "orders", Kind.NOT_IN_CATALOG)]
    sync(lake.settings, WORDS)
    entry = lake.entry()
    assert entry["Description"] == "One row per order."
    assert entry["TableType"] == "EXTERNAL_TABLE"
    assert entry["Parameters"] == DELTA
    assert entry["StorageDescriptor"]["Location"] == location
    assert entry["StorageDescriptor"]["SerdeInfo"]["Parameters"]["path"] == location
    assert lake.columns() == [
        ("order_id", "bigint", "The order."),
        ("total_amount", "decimal(18,2)", "Currency units."),
        ("date", "date", ""),
    ]


def test_checking_changes_nothing(lake: Lake) -> None:
    lake.write()
    check(lake.settings, WORDS)
    assert lake.glue.get_databases()["DatabaseList"] == []


def test_missing_databases_are_made_with_their_location(lake: Lake) -> None:
    lake.write()
    assert kinds(check(lake.settings, WORDS)) == [
        (Kind.NO_DATABASE, "dev_bronze"),
        (Kind.NO_DATABASE, "dev_silver"),
        (Kind.NOT_IN_CATALOG, ""),
        (Kind.NO_DATABASE, "dev_gold"),
        (Kind.NO_DATABASE, "dev_ops"),
    ]
    sync(lake.settings, WORDS)
    made = {
        found["Name"]: found["LocationUri"] for found in lake.glue.get_databases()["DatabaseList"]
    }
    assert made == {
        f"dev_{layer}": f"{ROOT}/{layer}/" for layer in ("bronze", "silver", "gold", "ops")
    }
    assert lake.columns()


def test_a_database_without_a_location_gets_one_and_keeps_the_rest(lake: Lake) -> None:
    in_step(lake)
    lake.glue.delete_database(Name="dev_gold")
    lake.glue.create_database(
        DatabaseInput={"Name": "dev_gold", "Description": "What people query."}
    )
    assert kinds(check(lake.settings, WORDS)) == [
        (Kind.DATABASE_LOCATION, f"none, is {ROOT}/gold/")
    ]
    sync(lake.settings, WORDS)
    found = lake.glue.get_database(Name="dev_gold")["Database"]
    assert found["LocationUri"] == f"{ROOT}/gold/"
    assert found["Description"] == "What people query."


def test_in_prod_databases_have_no_prefix(lake: Lake) -> None:
    lake.write()
    sync(Settings.read(root=ROOT, environment={}), WORDS)
    assert lake.entry(database="silver")["Description"] == "One row per order."


def test_what_spark_registers_is_repaired_and_what_others_put_there_stays(lake: Lake) -> None:
    lake.create_databases()
    location = lake.write()
    lake.register_as_spark_does(location)
    assert kinds(check(lake.settings, WORDS)) == [
        (Kind.COLUMN_ADDED, "order_id bigint"),
        (Kind.COLUMN_ADDED, "total_amount decimal(18,2)"),
        (Kind.COLUMN_ADDED, "date date"),
        (Kind.COLUMN_REMOVED, "col"),
        (Kind.LOCATION, f"{location}-__PLACEHOLDER__, is {location}"),
        (
            Kind.PARAMETERS,
            "table_type=None, is DELTA; classification=None, is delta; EXTERNAL=None, is TRUE",
        ),
        (Kind.DESCRIPTION, "differs from the dbt project's"),
    ]
    sync(lake.settings, WORDS)
    assert check(lake.settings, WORDS) == []
    assert lake.entry()["Parameters"] == DELTA | {"owner.team": "analytics"}
    assert lake.entry()["Owner"] == "hadoop"


def test_a_column_that_was_added_removed_or_retyped_is_found_and_repaired(lake: Lake) -> None:
    in_step(lake)
    rows = pa.table(
        {
            "order_id": pa.array([1], pa.int32()),
            "date": pa.array([None], pa.date32()),
            "tags": pa.array([None], pa.list_(pa.string())),
        }
    )
    lake.write(rows, mode="overwrite", schema_mode="overwrite")
    assert kinds(check(lake.settings, WORDS)) == [
        (Kind.COLUMN_RETYPED, "order_id: bigint, is int"),
        (Kind.COLUMN_ADDED, "tags array<string>"),
        (Kind.COLUMN_REMOVED, "total_amount"),
    ]
    sync(lake.settings, WORDS)
    assert lake.columns() == [
        ("order_id", "int", "The order."),
        ("date", "date", ""),
        ("tags", "array<string>", ""),
    ]


def test_a_partition_key_of_the_catalog_becomes_a_column_as_in_the_log(lake: Lake) -> None:
    in_step(lake)
    storage = lake.entry()["StorageDescriptor"]
    *columns, date = storage["Columns"]
    change(lake, PartitionKeys=[date], StorageDescriptor=storage | {"Columns": columns})
    assert kinds(check(lake.settings, WORDS)) == [
        (Kind.COLUMN_ORDER, "of the catalog is not that of the table")
    ]
    sync(lake.settings, WORDS)
    assert [name for name, _, _ in lake.columns()] == ["order_id", "total_amount", "date"]
    assert lake.entry()["PartitionKeys"] == []


def test_the_words_of_the_project_win_and_others_stay(lake: Lake) -> None:
    in_step(lake)
    storage = lake.entry()["StorageDescriptor"]
    columns = [found | {"Comment": "By hand."} for found in storage["Columns"]]
    storage = storage | {"Columns": columns}
    change(lake, Description="By hand.", StorageDescriptor=storage)
    assert kinds(check(lake.settings, WORDS)) == [
        (Kind.COMMENT, "of order_id, total_amount"),
        (Kind.DESCRIPTION, "differs from the dbt project's"),
    ]
    sync(lake.settings, WORDS)
    assert [comment for _, _, comment in lake.columns()] == [
        "The order.",
        "Currency units.",
        "By hand.",
    ]
    assert lake.entry()["Description"] == "One row per order."


def test_a_table_that_the_project_does_not_know_keeps_its_words(lake: Lake) -> None:
    in_step(lake)
    assert check(lake.settings, {}) == []
    lake.write(place="gold/made_by_hand")
    sync(lake.settings, {})
    assert lake.columns()[0][2] == "The order."


@pytest.mark.parametrize("written", ["s3a://{}/silver/orders", "s3://{}/silver/orders/"])
def test_other_ways_to_write_the_same_location_are_no_drift(lake: Lake, written: str) -> None:
    in_step(lake)
    storage = lake.entry()["StorageDescriptor"]
    location = written.format(ROOT.removeprefix("s3://"))
    change(lake, StorageDescriptor=storage | {"Location": location})
    assert check(lake.settings, WORDS) == []


def test_an_entry_is_dropped_only_when_its_delta_log_is_gone(lake: Lake) -> None:
    in_step(lake)
    lake.delete("silver/orders")
    assert check(lake.settings, WORDS) == [
        Drift(
            "silver",
            "orders",
            Kind.NOT_IN_STORAGE,
            f"no Delta log at {ROOT}/silver/orders",
        )
    ]
    sync(lake.settings, WORDS)
    assert lake.glue.get_tables(DatabaseName="dev_silver")["TableList"] == []


def test_a_table_that_is_back_before_its_entry_is_dropped_keeps_it(
    lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    in_step(lake)
    lake.delete("silver/orders")
    check_again = versions.is_table

    def written_meanwhile(settings: Settings, layer: str, name: str) -> bool:
        lake.write()
        return check_again(settings, layer, name)

    monkeypatch.setattr(sync_tables, "is_table", written_meanwhile)
    sync(lake.settings, WORDS)
    assert lake.entry()["Name"] == "orders"


def test_what_is_not_ours_is_left_alone(lake: Lake) -> None:
    in_step(lake)
    lake.register_as_spark_does("s3://somewhere-else/silver/guests", name="guests")
    lake.register_as_spark_does(f"{ROOT}/silver/csv", name="csv", Parameters={})
    view = {"Name": "recent", "TableType": "VIRTUAL_VIEW", "ViewOriginalText": "select 1"}
    lake.glue.create_table(DatabaseName="dev_silver", TableInput=view)
    assert check(lake.settings, WORDS) == []
    assert sync(lake.settings, WORDS) == []
    names = [
        entry["Name"] for entry in lake.glue.get_tables(DatabaseName="dev_silver")["TableList"]
    ]
    assert sorted(names) == ["csv", "guests", "orders", "recent"]


def test_a_folder_without_a_commit_is_no_table(lake: Lake) -> None:
    lake.create_databases()
    bucket = ROOT.removeprefix("s3://")
    lake.s3.put_object(Bucket=bucket, Key="silver/half/part-0.parquet", Body=b"x")
    lake.s3.put_object(Bucket=bucket, Key="silver/half/_delta_log/_staged/0.json", Body=b"x")
    lake.s3.delete_object(Bucket=bucket, Key="silver/half/_delta_log/_staged/0.json")
    assert check(lake.settings, WORDS) == []


def test_a_second_repair_changes_nothing(lake: Lake) -> None:
    in_step(lake)
    version = lake.entry()["VersionId"]
    assert sync(lake.settings, WORDS) == []
    assert lake.entry()["VersionId"] == version


def test_what_somebody_writes_meanwhile_is_not_lost(
    lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    lake.create_databases()
    lake.register_as_spark_does(lake.write())
    update, asked = FakeTable.update, []

    def overtaken(self: GlueBackend, database: str, name: str, wanted: dict[str, Any]) -> None:
        asked.append(wanted)
        table = self.get_table(database, name)
        if len(asked) == 1:
            there = table.get_version(str(table._current_version))
            update(table, there | {"Parameters": there["Parameters"] | {"seen": "yes"}})
            raise JsonRESTError("ConcurrentModificationException", "Update table failed.")
        update(table, wanted)

    monkeypatch.setattr(GlueBackend, "update_table", overtaken)
    sync(lake.settings, WORDS)
    assert len(asked) == 2
    assert lake.entry()["Parameters"] == DELTA | {"owner.team": "analytics", "seen": "yes"}


def test_an_entry_that_others_change_all_the_time_is_given_up_with_its_name(
    lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    lake.create_databases()
    lake.register_as_spark_does(lake.write())

    def overtaken(*_: Any) -> None:
        raise JsonRESTError("ConcurrentModificationException", "Update table failed.")

    monkeypatch.setattr(GlueBackend, "update_table", overtaken)
    with pytest.raises(LakehouseError, match=r"dev_silver\.orders was changed by others 5 times"):
        sync(lake.settings, WORDS)


def test_throttled_calls_are_tried_again(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    in_step(lake)
    get_tables, calls = GlueBackend.get_tables, []

    def throttled(self: GlueBackend, *arguments: Any) -> Any:
        calls.append(1)
        if len(calls) == 1:
            raise JsonRESTError("ThrottlingException", "Rate exceeded")
        return get_tables(self, *arguments)

    monkeypatch.setattr(GlueBackend, "get_tables", throttled)
    assert check(lake.settings, WORDS) == []
    assert len(calls) == 5


def test_a_damaged_log_is_named_and_nothing_is_changed(lake: Lake) -> None:
    lake.create_databases()
    lake.write()
    key = "silver/broken/_delta_log/00000000000000000000.json"
    lake.s3.put_object(Bucket=ROOT.removeprefix("s3://"), Key=key, Body=b"{cut")
    with pytest.raises(LakehouseError, match=r"The log of silver\.broken at .* can't be read"):
        sync(lake.settings, WORDS)
    assert lake.glue.get_tables(DatabaseName="dev_silver")["TableList"] == []


def test_a_root_that_is_no_bucket_is_refused() -> None:
    with pytest.raises(LakehouseError, match="is not on S3"):
        check(Settings.read(root="/tmp/lakehouse", environment={}), WORDS)


def test_a_bucket_that_is_not_there_is_named(lake: Lake) -> None:
    settings = Settings.read(root="s3://no-such-bucket", environment={})
    with pytest.raises(LakehouseError, match=r"s3://no-such-bucket .*NoSuchBucket"):
        check(settings, WORDS)


def test_columns_are_compared_in_the_order_of_the_log(lake: Lake) -> None:
    in_step(lake)
    storage = lake.entry()["StorageDescriptor"]
    change(lake, StorageDescriptor=storage | {"Columns": storage["Columns"][::-1]})
    (found,) = check(lake.settings, WORDS)
    assert found.kind == Kind.COLUMN_ORDER
    sync(lake.settings, WORDS)
    assert [name for name, _, _ in lake.columns()] == ORDERS.column_names


def test_the_tables_of_a_workspace_are_registered_apart_in_the_place_of_those_of_another(
    lake: Lake,
) -> None:
    in_step(lake)
    published = lake.entry()
    for run, tables in (("run-1", ("orders", "gone")), ("run-2", ("orders", "new"))):
        for name in tables:
            lake.write(place=f".work/{run}/silver/{name}")
        settings = replace(lake.settings, workspace=run)
        sync(settings, WORDS)
        assert check(settings, WORDS) == []
    found = lake.glue.get_tables(DatabaseName="dev_work_silver")["TableList"]
    assert {one["Name"]: one["StorageDescriptor"]["Location"] for one in found} == {
        name: f"{ROOT}/.work/run-2/silver/{name}" for name in ("orders", "new")
    }
    assert lake.entry() == published
    assert check(lake.settings, WORDS) == []
    databases = {found["Name"] for found in lake.glue.get_databases()["DatabaseList"]}
    assert "dev_work_bronze" not in databases


def test_what_others_put_into_the_databases_of_workspaces_stays(lake: Lake) -> None:
    in_step(lake)
    lake.register_as_spark_does("s3://others/.work/run-1/silver/theirs", "theirs")
    lake.register_as_spark_does(f"{ROOT}/odd", "odd")
    lake.glue.create_database(DatabaseInput={"Name": "dev_work_silver", "LocationUri": ROOT})
    for name in ("theirs", "odd"):
        entry = {key: lake.entry(name)[key] for key in ("Name", "Parameters", "StorageDescriptor")}
        lake.glue.create_table(DatabaseName="dev_work_silver", TableInput=entry)
    sync(replace(lake.settings, workspace="run-1"), WORDS)
    found = lake.glue.get_tables(DatabaseName="dev_work_silver")["TableList"]
    assert {one["Name"] for one in found} == {"theirs", "odd"}
