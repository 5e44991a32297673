"""Delta tables as they are and as they were."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from deltalake import DeltaTable, write_deltalake

from ingestion.errors import LakehouseError
from ingestion.settings import Settings
from lakehouse.query.engine import ask
from lakehouse.query.output import rows_of
from orchestration.state.delta_reader import connect
from orchestration.state.history import record_run
from orchestration.state.past_states import AsOf, PastState, parse_as_of
from orchestration.state.publications import publish
from orchestration.state.results import RunResult
from orchestration.state.workspaces import new_workspace
from tests.plain_tables import new_root, write, write_workspace

Rows = list[tuple[Any, ...]]
COUNT = "select count(*) from gold.daily_sales"


def asked(settings: Settings, sql: str, as_of: AsOf | None = None) -> Rows:
    return list(rows_of(ask(settings, sql, as_of)))


def test_every_table_is_read_as_the_arrow_reader_reads_it(settings: Settings) -> None:
    for table in ("gold.daily_sales", "silver.orders", "silver.empty"):
        expected = connect(settings).execute(f"select * from {table} order by all").fetchall()
        assert asked(settings, f"select * from {table} order by 1, 2") == expected


def test_partition_values_of_any_letters_and_null_are_read(rows: Callable[[str], Rows]) -> None:
    assert rows("select order_id, department from silver.orders order by 1") == [
        (1, "Café & 50%/x"),
        (2, None),
        (3, "Books"),
    ]
    assert rows("select order_id from silver.orders where department = 'Books'") == [(3,)]


def test_a_name_without_a_layer_is_of_gold_and_letters_have_no_case(
    rows: Callable[[str], Rows],
) -> None:
    assert rows("select count(*) from Daily_Sales") == [(3,)]
    assert rows('select count(*) from AwsDataCatalog."gold".daily_sales') == [(3,)]
    assert rows("select gold.daily_sales.order_count from gold.daily_sales limit 0") == []


def test_a_cte_may_have_the_name_of_a_table(rows: Callable[[str], Rows]) -> None:
    sql = "with daily_sales as (select 7 as number) select number from daily_sales"
    assert rows(sql) == [(7,)]


def test_only_the_tables_that_a_query_names_are_opened(settings: Settings, tmp_path: Path) -> None:
    root = tmp_path / "lake"
    shutil.copytree(settings.root, root)
    (root / "silver/orders/_delta_log/00000000000000000000.json").write_text("damaged")
    copied = Settings.read(root=str(root), environment={})
    assert asked(copied, COUNT) == [(3,)]
    with pytest.raises(LakehouseError, match=r"silver\.orders at .* can't be read"):
        asked(copied, "select * from silver.orders")


def test_a_root_with_signs_of_a_pattern_is_read(settings: Settings, tmp_path: Path) -> None:
    root = tmp_path / "it's a{b,c}*?"
    shutil.copytree(settings.root, root)
    assert asked(Settings.read(root=str(root), environment={}), COUNT) == [(3,)]


def test_a_column_that_came_later_is_null_in_older_files(tmp_path: Path) -> None:
    folder = tmp_path / "gold" / "grown"
    write_deltalake(folder, pa.table({"a": [1]}))
    later = pa.table({"a": [2], "b": [Decimal("1.50")]})
    write_deltalake(folder, later, mode="append", schema_mode="merge")
    settings = Settings.read(root=str(tmp_path), environment={})
    assert asked(settings, "select * from grown order by a") == [(1, None), (2, Decimal("1.50"))]
    assert asked(settings, "select * from grown for version as of 0") == [(1,)]


def test_a_table_is_read_as_a_version_or_a_time_left_it(settings: Settings) -> None:
    now = datetime.now(UTC)
    assert asked(settings, COUNT, 0) == [(1,)]
    assert asked(settings, COUNT, 1) == [(3,)]
    assert asked(settings, COUNT, now) == [(3,)]
    assert asked(settings, f"{COUNT} for version as of 0") == [(1,)]
    assert asked(settings, f"{COUNT} for timestamp as of current_timestamp as days") == [(3,)]


def test_a_time_means_the_last_commit_before_it(settings: Settings) -> None:
    history = DeltaTable(Path(settings.root) / "gold/daily_sales").history()
    second, first = (datetime.fromtimestamp(commit["timestamp"] / 1000, UTC) for commit in history)
    assert asked(settings, COUNT, second) == [(3,)]
    assert asked(settings, COUNT, first) == [(1,)]
    assert asked(settings, COUNT, second - timedelta(milliseconds=1)) == [(1,)]
    at = f"for timestamp as of timestamp '{first:%Y-%m-%d %H:%M:%S.%f} UTC'"
    assert asked(settings, f"{COUNT} {at}") == [(1,)]
    with pytest.raises(LakehouseError, match="its oldest is of"):
        asked(settings, COUNT, first - timedelta(milliseconds=1))


def test_versions_are_compared_in_one_query(settings: Settings) -> None:
    sql = """
        select newer.order_date
        from gold.daily_sales as newer
        left join gold.daily_sales for version as of :as_of as older
            on older.order_date = newer.order_date
        where older.order_date is null
        order by newer.order_date
    """
    assert asked(settings, sql, 0) == [(date(2025, 4, 2),), (date(2025, 4, 3),)]


def test_the_parameter_takes_the_place_of_a_value_and_then_moves_no_table(
    settings: Settings,
) -> None:
    sql = f"{COUNT} where order_date <= :as_of"
    assert asked(settings, sql, datetime(2025, 4, 2, tzinfo=UTC)) == [(2,)]
    with pytest.raises(LakehouseError, match=r"The SQL says :as_of\."):
        asked(settings, sql)


def test_a_table_with_a_version_of_its_own_is_not_moved(settings: Settings) -> None:
    sql = f"select (select count(*) from daily_sales for version as of 1), ({COUNT})"
    assert asked(settings, sql, 0) == [(3, 1)]


@pytest.mark.parametrize(
    ("sql", "words"),
    [
        (f"{COUNT} for version as of 9", "has no version 9; its newest is 1"),
        (f"{COUNT} for version as of 'x'", "needs a version"),
        (f"{COUNT} for timestamp as of 'x'", "needs a version"),
        ("select :day", "has the parameter :day"),
        ("select ?", "has the parameter"),
    ],
)
def test_a_version_that_is_none_is_reported(
    refused: Callable[[str], LakehouseError], sql: str, words: str
) -> None:
    assert words in refused(sql).problem


def test_at_a_time_and_after_a_run_a_table_is_what_was_published(tmp_path: Path) -> None:
    """A commit that nobody has published is seen at no time; the table came with the first run."""
    settings = new_root(tmp_path)
    ends = []
    for state, run_id in enumerate(("a" * 32, "b" * 32), start=1):
        workspace = new_workspace(settings, "run-1")
        write_workspace(workspace, {"gold.sales": state})
        publish(workspace, run_id)
        ends.append(datetime.now(UTC))
        record_run(settings, RunResult(run_id), ends[-1], ends[-1], "well", 2)
    write(settings, {"gold.sales": 9})
    later = datetime.now(UTC)
    seen = "select max(state) from sales"
    for as_of, state in ((ends[0], 1), (ends[1], 2), (later, 2)):
        assert asked(settings, seen, as_of) == [(state,)]
    for text, state in (("a", 1), ("b" * 32, 2)):
        assert asked(settings, seen, parse_as_of(settings, text)) == [(state,)]
    run_before = parse_as_of(settings, "a")
    assert isinstance(run_before, PastState)
    at = f"timestamp '{run_before.moment:%Y-%m-%d %H:%M:%S.%f} UTC'"
    assert asked(settings, f"{seen} where :as_of = {at}", run_before) == [(2,)]
    assert asked(settings, f"{seen} where :as_of <> {at}", run_before) == [(None,)]


def test_a_table_that_needs_a_newer_reader_is_not_read_wrong(tmp_path: Path) -> None:
    folder = tmp_path / "gold" / "newer"
    features = {"delta.enableDeletionVectors": "true"}
    write_deltalake(folder, pa.table({"a": [1]}), configuration=features)
    settings = Settings.read(root=str(tmp_path), environment={})
    with pytest.raises(LakehouseError, match="uses a feature of Delta"):
        asked(settings, "select * from newer")


def test_the_path_of_a_row_is_the_file_that_holds_it(
    settings: Settings, rows: Callable[[str], Rows]
) -> None:
    folder = Path(settings.root) / "silver" / "orders"
    found = rows('select order_id, "$path" from silver.orders order by order_id')
    assert [Path(path).parent.parent for _, path in found] == [folder] * 3
    assert [Path(path).is_file() for _, path in found] == [True] * 3
    assert rows("select * from gold.daily_sales limit 0") == []
    assert rows("select count(*) from gold.daily_sales where \"$path\" like '%.csv'") == [(0,)]


def test_information_schema_lists_layers_tables_and_columns(rows: Callable[[str], Rows]) -> None:
    assert rows("select table_schema, table_name from information_schema.tables order by 1, 2") == [
        ("gold", "daily_sales"),
        ("silver", "empty"),
        ("silver", "orders"),
    ]
    assert rows(
        "select column_name, data_type from information_schema.columns"
        " where table_name = 'daily_sales' order by ordinal_position"
    ) == [("order_date", "date"), ("total_sales", "decimal(18,2)"), ("order_count", "bigint")]
    assert ("gold",) in rows("select schema_name from information_schema.schemata")


def test_information_schema_has_no_other_table(refused: Callable[[str], LakehouseError]) -> None:
    problem = refused("select * from information_schema.views").problem
    assert "information_schema has no table views here." in problem


def cut(content: bytes) -> bytes:
    return content[: len(content) // 2]


def spoil_within(content: bytes) -> bytes:
    """The first page is no page any more; the size is the same."""
    return content[:4] + bytes(8) + content[12:]


@pytest.mark.parametrize("damage", [cut, spoil_within])
def test_a_damaged_data_file_is_named_with_its_table_and_the_command(
    damage: Callable[[bytes], bytes], settings: Settings, tmp_path: Path
) -> None:
    root = tmp_path / "lake"
    shutil.copytree(settings.root, root)
    (name,) = DeltaTable(root / "gold/daily_sales").get_add_actions()["path"].to_pylist()
    file = root / "gold/daily_sales" / name
    file.write_bytes(damage(file.read_bytes()))
    with pytest.raises(LakehouseError) as raised:
        asked(Settings.read(root=str(root), environment={}), "select * from daily_sales")
    assert f"damaged: gold.daily_sales: its data file {name} " in raised.value.problem
    assert "`lakehouse repair" in raised.value.next_step


def test_a_commit_that_is_empty_is_no_older_version(settings: Settings, tmp_path: Path) -> None:
    root = tmp_path / "lake"
    shutil.copytree(settings.root, root)
    (root / f"gold/daily_sales/_delta_log/{1:020}.json").write_bytes(b"")
    with pytest.raises(LakehouseError, match="commit 1 of its log is empty"):
        asked(Settings.read(root=str(root), environment={}), COUNT)
