"""A person is erased; gold is then what the oracle computes from files without the person's lines.

The person has the number 7, which is also a product_id and the order_id of somebody else.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from deltalake import DeltaTable
from deltalake.exceptions import DeltaError
from rich.console import Console

from ingestion.errors import LakehouseError
from ingestion.settings import Settings
from lakehouse.erasure_report import print_outcome
from lakehouse.status import status_page
from orchestration.pipeline.progress import Display
from orchestration.pipeline.run import run
from orchestration.state.delta_reader import connect
from orchestration.state.workspaces import new_workspace
from orchestration.upkeep.erasure import erase, removal
from orchestration.upkeep.erasure.erase import Outcome, erase_user
from orchestration.upkeep.maintain import maintain
from orchestration.upkeep.restore import restore
from tests.compare import assert_values_equal
from tests.lake import WITHOUT_TESTS, copy_lakehouse
from tests.one_door import written_past_publishing
from tests.oracle import Oracle
from tests.oracle.shop import item, order, order_items, orders, products, write_raw

ONE, TWO = "2025-04-01", "2025-04-02"
PERSON, ORDERS_TWO = 7, f"orders/{TWO}.csv"
REFUSED_OF_OTHERS = f"1,x,8,{ONE}T10:00:00,5,{ONE}"
FILES: dict[str, str | bytes] = {
    "products/products.csv": products("1,4,Books,Atlas", "7,4,Toys,Ball"),
    f"orders/{ONE}.csv": orders(
        order(7, 8, ONE, "10"),
        order(11, PERSON, ONE, "20"),
        order(12, PERSON, ONE, "-1"),  # below the lowest amount: silver rejects it
        f"1,13,{PERSON},{ONE}T10:00:00,no amount,{ONE}",
        REFUSED_OF_OTHERS,
        *(order(number, 9, ONE, "30") for number in range(100, 130)),
    ),
    ORDERS_TWO: orders(
        order(21, PERSON, TWO, "40.5"), order(11, PERSON, ONE, "21"), order(22, 8, TWO, "50")
    ),
    f"order_items/{ONE}.csv": order_items(
        item(1, 7, 8, 7, ONE),
        item(7, 7, 8, 1, ONE, position=2),
        item(3, 11, PERSON, 7, ONE),
        item(4, 11, 8, 1, ONE, position=2),  # somebody else's line in an order of the person
        item(5, 7, PERSON, 1, ONE, position=3),  # and the other way round
    ),
    f"order_items/{TWO}.csv": order_items(
        item(6, 21, PERSON, 1, TWO),
        item(8, 21, PERSON, 99, TWO, position=2),  # waits for its product
        item(9, 22, 8, 7, TWO),
    ),
}


def without(files: dict[str, str | bytes], user_id: int) -> dict[str, str | bytes]:
    """The files without the lines of a user, whose number is the third field of both tables."""
    kept: dict[str, str | bytes] = {}
    for name, content in files.items():
        lines = str(content).splitlines(keepends=True)
        is_of = [
            not name.startswith("products/") and line.split(",")[2] == str(user_id)
            for line in lines
        ]
        kept[name] = "".join(line for line, drop in zip(lines, is_of, strict=True) if not drop)
    return kept


@dataclass
class Shop:
    """A built root with its raw folder."""

    settings: Settings

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        return connect(self.settings).execute(sql).fetchall()

    def run(self) -> None:
        quiet = Display(Console(), quiet=True)
        result = run(self.settings, quiet, build_arguments=WITHOUT_TESTS)
        assert [node.name for node in result.results if node.is_bad] == []

    def erase(self, user_id: int = PERSON, *, yes: bool = True) -> Outcome:
        return erase_user(self.settings, Display(Console(), quiet=True), user_id, is_confirmed=yes)

    def said(self, outcome: Outcome, user_id: int = PERSON) -> str:
        console = Console(width=300, force_terminal=False)
        with console.capture() as capture:
            print_outcome(console, self.settings, user_id, outcome)
        return capture.get()

    def files(self) -> dict[str, bytes]:
        """All files of tables, but for the list of those who were erased."""
        root = Path(self.settings.root)
        found = (
            path
            for layer in ("bronze", "silver", "gold", "ops")
            for path in (root / layer).rglob("*")
        )
        return {str(path.relative_to(root)): path.read_bytes() for path in found if path.is_file()}

    def equals_oracle(self, raw: Path) -> None:
        # Records of files without the person have other numbers, which rejects are compared by.
        assert_values_equal(self.settings, Oracle(raw))


def new_shop(folder: Path, files: dict[str, str | bytes] = FILES) -> Shop:
    raw = write_raw(folder / "raw", files)
    return Shop(Settings.read(root=str(folder / "lake"), raw=str(raw), environment={}))


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    shop = new_shop(tmp_path_factory.mktemp("built"))
    shop.run()
    return shop


def copy_of(shop: Shop, folder: Path) -> Shop:
    copy_lakehouse(Path(shop.settings.root).parent, folder)
    return Shop(Settings.read(root=str(folder / "lake"), raw=str(folder / "raw"), environment={}))


@pytest.fixture
def shop(built: Shop, tmp_path: Path) -> Shop:
    """A copy of the built root, for a test that changes it."""
    return copy_of(built, tmp_path)


@dataclass
class Erased:
    shop: Shop
    planned: Outcome
    outcome: Outcome
    before: dict[str, bytes]


@pytest.fixture(scope="module")
def erased(built: Shop, tmp_path_factory: pytest.TempPathFactory) -> Erased:
    """An erasure on a root with a sandbox, with what kills have left, and with damaged tables."""
    shop = copy_of(built, tmp_path_factory.mktemp("erased"))
    root = Path(shop.settings.root)
    new_workspace(shop.settings, "dev")
    (root / ".work/.publishing.json.part").write_text('{"minValues": {"user_id": 7}}')
    (root / ".work/run-killed/silver").mkdir(parents=True)
    for table in ("order_items", "products"):
        shutil.copytree(root / "bronze" / table, root / ".damaged/then/bronze" / table)
    spoilt = next((root / ".damaged/then/bronze/products").glob("*.parquet"))
    spoilt.with_name("spoilt.parquet").write_bytes(spoilt.read_bytes()[:-9])
    planned = shop.erase(yes=False)
    return Erased(shop, planned, shop.erase(), shop.files())


def test_every_place_that_held_the_person_is_named_and_is_clean_afterwards(erased: Erased) -> None:
    rows = {place.name: place.rows for place in erased.outcome.before if place.rows}
    assert rows == {
        "bronze.orders": 4,
        "bronze.order_items": 4,
        "silver.orders": 2,
        "silver.orders_rejected": 1,
        "silver.orders_superseded": 1,
        "silver.order_items": 2,
        "silver.customer_lines": 1,
        "silver.customer_orders": 1,
        "silver.customer_scores": 1,
        "silver.order_items_rejected": 2,
        "gold.customer_insights": 1,
        "ops.rejected_records": 1,
        ".work/dev": 12,  # the rows of silver and gold
        ".damaged": 4,
    }
    before = {place.name: place for place in erased.outcome.before}
    assert before["bronze.orders"].log_entries  # the lowest user_id of a file is in its statistics
    assert all(place.is_clean for place in erased.outcome.after)
    assert erased.outcome.exit_code == 0


def test_no_workspace_outlasts_an_erasure_and_of_what_was_set_aside_only_other_rows_do(
    erased: Erased,
) -> None:
    root = Path(erased.shop.settings.root)
    before = {place.name: place for place in erased.outcome.before}
    assert before[".work/.publishing.json.part"].log_entries == 1
    assert erased.planned.workspaces == erased.outcome.workspaces == ["dev", "run-killed"]
    said = erased.shop.said(erased.planned)
    assert "Workspaces, an erasure drops them: dev, run-killed." in said
    assert "Workspaces, dropped, whatever they held: dev, run-killed." in erased.shop.said(
        erased.outcome
    )
    assert list((root / ".work").glob("*")) == []
    aside = [path.parent.name for path in (root / ".damaged").rglob("*.parquet")]
    assert aside == ["products"]


def test_silver_and_gold_are_those_of_files_without_the_person(
    erased: Erased, tmp_path: Path
) -> None:
    erased.shop.equals_oracle(write_raw(tmp_path, without(FILES, PERSON)))


def test_rows_stay_in_which_only_another_number_is_the_same(erased: Erased) -> None:
    shop = erased.shop
    assert shop.query("select user_id from bronze.orders where order_id = 7") == [(8,)]
    assert shop.query(
        "select id from bronze.order_items where product_id = 7 or id = 7 order by 1"
    ) == [(1,), (7,), (9,)]
    assert shop.query("select raw_text from ops.rejected_records") == [(REFUSED_OF_OTHERS,)]
    assert shop.query("select id, reasons from silver.order_items_rejected") == [
        (4, ["unknown_order"])
    ]


def test_no_file_below_the_root_is_from_before(erased: Erased) -> None:
    for table in (
        "bronze/orders",
        "silver/order_items",
        "gold/customer_insights",
        "ops/rejected_records",
    ):
        folder = Path(erased.shop.settings.root) / table
        delta = DeltaTable(folder)
        on_disk = {
            str(path.relative_to(folder))
            for path in folder.rglob("*.parquet")
            if "_delta_log" not in path.parts
        }
        assert on_disk == set(delta.get_add_actions()["path"].to_pylist())
        assert [path.name for path in (folder / "_delta_log").glob("*.json")] == [
            f"{delta.version():020}.json"
        ]
        if delta.version():
            with pytest.raises(DeltaError):
                DeltaTable(folder, version=delta.version() - 1).to_pyarrow_table()


def test_publications_alone_have_written_silver_and_gold(built: Shop, erased: Erased) -> None:
    for shop in (built, erased.shop):
        assert written_past_publishing(Path(shop.settings.root)) == []


def test_a_restore_to_a_run_before_the_erasure_is_refused_and_changes_nothing(
    built: Shop, erased: Erased
) -> None:
    ((run_id,),) = built.query("select run_id from ops.runs")
    before = erased.shop.files()
    with pytest.raises(LakehouseError, match="can't go back to version"):
        restore(erased.shop.settings, run_id, lambda: datetime.now(UTC), dry_run=False)
    assert erased.shop.files() == before


def test_tables_can_be_maintained_after_an_erasure(erased: Erased, tmp_path: Path) -> None:
    shop = copy_of(erased.shop, tmp_path)
    maintain(shop.settings, 7, lambda: datetime.now(UTC), dry_run=False)
    assert shop.query("select count(*) from bronze.orders where user_id = 8") == [(2,)]


def test_what_was_taken_out_explains_the_totals_of_each_day(built: Shop, erased: Erased) -> None:
    taken = (
        "select date, table_name, records, counted_records, amount from ops.erasures order by all"
    )
    assert erased.shop.query(taken) == [
        (date(2025, 4, 1), "order_items", 2, 1, Decimal(0)),
        # 20 gave way to the newer 21, which is in the other file; -1 was never counted
        (date(2025, 4, 1), "orders", 1, 1, Decimal("21.00")),
        (date(2025, 4, 1), "orders", 2, 0, Decimal("0.00")),
        (date(2025, 4, 2), "order_items", 2, 1, Decimal(0)),
        (date(2025, 4, 2), "orders", 1, 1, Decimal("40.50")),
        (None, "orders", 1, 0, Decimal(0)),
    ]
    sales = "select order_date, total_sales from gold.daily_sales order by all"
    less = {date(2025, 4, 1): Decimal("21.00"), date(2025, 4, 2): Decimal("40.50")}
    assert erased.shop.query(sales) == [
        (day, total - less[day]) for day, total in built.query(sales)
    ]


def test_the_ledger_counts_the_erased_records_and_names_nobody(erased: Erased) -> None:
    counts = (
        "select source_file, records_read, records_loaded, records_rejected, records_erased"
        " from ops.ingested_files where table_name <> 'products' order by all"
    )
    assert erased.shop.query(counts) == [
        (f"order_items/{ONE}.csv", 5, 3, 0, 2),
        (f"order_items/{TWO}.csv", 3, 1, 0, 2),
        (f"orders/{ONE}.csv", 35, 31, 1, 3),
        (ORDERS_TWO, 3, 1, 0, 2),
    ]
    ((hashed, salt),) = erased.shop.query("select user_hash, salt from ops.erased_users")
    assert (len(hashed), len(salt)) == (64, 32)


def test_the_proof_names_raw_files_and_records_and_status_shows_what_went(erased: Erased) -> None:
    said = erased.shop.said(erased.outcome)
    assert f"  orders/{ONE}.csv: records 2, 3, 4\n" in said
    assert f"  {ORDERS_TWO}: records 1, 2\n" in said
    assert "products.csv" not in said
    console = Console(width=300, force_terminal=False)
    with console.capture() as capture:
        status_page(erased.shop.settings, datetime.now(UTC)).show(console)
    assert "Taken out because people were erased" in capture.get()
    assert " NO " not in capture.get()


def test_erasing_twice_says_so_and_writes_nothing(erased: Erased) -> None:
    again = erased.shop.erase()
    assert (again.result, again.exit_code) == (None, 0)
    assert "is done" in erased.shop.said(again)
    assert erased.shop.files() == erased.before


def test_reading_the_files_again_does_not_bring_the_person_back(
    erased: Erased, tmp_path: Path
) -> None:
    shop = copy_of(erased.shop, tmp_path)
    line = f"{order(23, PERSON, TWO, '60')}\n1,24,{PERSON},broken\n{order(25, 8, TWO, '70')}\n"
    files = FILES | {ORDERS_TWO: str(FILES[ORDERS_TWO]) + line}
    write_raw(Path(shop.settings.raw), files)
    shop.run()
    counts = (
        "select records_read, records_loaded, records_rejected, records_erased"
        f" from ops.ingested_files where source_file = '{ORDERS_TWO}' and status = 'loaded'"
    )
    assert shop.query(counts) == [(6, 2, 0, 4)]
    assert shop.query(
        "select record_number, order_id from bronze.orders where date = '2025-04-02'"
    ) == [(3, 22), (6, 25)]
    kept = without(files, PERSON)
    shop.equals_oracle(write_raw(tmp_path / "kept", kept))
    assert [place for place in shop.erase().before if not place.is_clean] == []


class Cut(BaseException):
    """Stands for a process that is killed: nothing of the pipeline catches it."""


@contextmanager
def cut_off_at(module: Any, name: str) -> Iterator[None]:
    def cut(*arguments: object, **named: object) -> None:
        raise Cut

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, name, cut)
        yield


def test_an_erasure_that_is_cut_off_anywhere_is_finished_by_the_next(
    shop: Shop, erased: Erased, tmp_path: Path
) -> None:
    steps = [
        (erase, "suppress"),
        (erase, "remove"),
        (removal, "replace_where"),
        (removal, "_remove_refused"),
        (removal, "_remove_failures"),
        (removal, "_correct_ledger"),
        (erase, "clear_beside"),
        (erase, "build_models"),
        (erase, "purge"),
        (erase, "logs_that_name"),
    ]
    for module, name in steps:
        with cut_off_at(module, name), pytest.raises(Cut):
            shop.erase()
    assert "was cut off" not in shop.said(shop.erase())
    assert all(place.is_clean for place in shop.erase().before)
    for query in (
        "select * exclude (run_id, erased_at) from ops.erasures order by all",
        "select * exclude (batch_id, recorded_at) from ops.ingested_files order by all",
    ):
        assert shop.query(query) == erased.shop.query(query)
    shop.equals_oracle(write_raw(tmp_path / "kept", without(FILES, PERSON)))


def test_a_build_that_fails_publishes_nothing_and_the_next_call_finishes_the_erasure(
    shop: Shop, erased: Erased, tmp_path: Path
) -> None:
    ledger = DeltaTable(shop.settings.location("ops", "ingested_files"))
    of_products = "table_name = 'products'"
    ledger.update({"records_loaded": "3"}, predicate=of_products)  # which bronze does not bear out
    gold = shop.query("select * from gold.customer_insights order by all")
    # By somebody who writes past the lakehouse: what readers see is now an old version.
    DeltaTable(shop.settings.location("gold", "customer_insights")).delete()
    outcome = shop.erase()
    assert outcome.exit_code == 1
    assert outcome.result is not None
    workspace = outcome.result.workspace
    said = shop.said(outcome)
    assert "The build was not published: silver and gold are what they were" in said
    assert f"in the workspace {workspace}" in said
    assert shop.query("select * from gold.customer_insights order by all") == gold
    left = {place.name for place in outcome.after if not place.is_clean}
    assert {"silver.orders", "gold.customer_insights"} <= left
    assert not left & {"bronze.orders", "bronze.order_items", "ops.rejected_records", "logs"}
    ledger.update_incremental()
    ledger.update({"records_loaded": "2"}, predicate=of_products)
    again = shop.erase()
    assert (again.exit_code, again.workspaces) == (0, [workspace])
    assert all(place.is_clean for place in again.after)
    shop.equals_oracle(write_raw(tmp_path / "kept", without(FILES, PERSON)))


def test_a_dry_run_and_an_unknown_user_write_nothing(built: Shop) -> None:
    before = built.files()
    outcome = built.erase(yes=False)
    assert outcome.result is None
    assert {place.name: place.rows for place in outcome.before}["gold.customer_insights"] == 1
    with pytest.raises(LakehouseError, match="user_id 4711"):
        built.erase(4711)
    assert built.files() == before


def test_a_person_in_raw_or_rejects_alone_can_be_erased(shop: Shop) -> None:
    write_raw(
        Path(shop.settings.raw), {"orders/2025-04-03.csv": orders(order(31, 77, "2025-04-03", "5"))}
    )
    outcome = shop.erase(77)
    assert (outcome.exit_code, [place.source_file for place in outcome.raw or []]) == (
        0,
        ["orders/2025-04-03.csv"],
    )
    shop.run()
    assert shop.query(
        "select records_erased from ops.ingested_files where file_date = '2025-04-03'"
    ) == [(1,)]
    assert shop.query("select * from bronze.orders where user_id = 77") == []
