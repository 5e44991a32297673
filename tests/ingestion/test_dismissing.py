"""Files that leave the quarantine: because they are gone, or because a person says so."""

from __future__ import annotations

import pytest

from ingestion.dismissing import dismiss, gone_from_quarantine
from ingestion.errors import LakehouseError
from ingestion.ledger import Batch, Status
from ingestion.selection import ALL_FILES, Selection
from tests.ingestion.ledgers import BATCH, ledger_row, raw_file
from tests.lake import REPLAYED_AT, Lakehouse

ORDERS = "order_num,order_id,user_id,order_timestamp,total_amount,date"
COPY = "orders/2025-04-09 (1).csv"
DAY = "orders/2025-04-09.csv"


def order(key: int) -> str:
    return f"1,{key},3,2025-04-09T10:00:00,12.50,2025-04-09"


def settle(lakehouse: Lakehouse, name: str) -> None:
    dismiss(lakehouse.spark, lakehouse.settings, Batch("dismissal", REPLAYED_AT), name)


@pytest.fixture
def copied(lakehouse: Lakehouse) -> Lakehouse:
    lakehouse.write(DAY, ORDERS, order(1))
    lakehouse.write(COPY, ORDERS, order(1))
    lakehouse.ingest()
    return lakehouse


def test_a_misnamed_copy_is_named_as_one_and_leaves_the_list_when_it_is_gone(
    copied: Lakehouse,
) -> None:
    (row,) = copied.ingest("again").quarantined
    assert row.source_file == COPY
    assert str(row.reason).startswith("wrong_name: ")
    assert str(row.reason).endswith(f"; a copy of {DAY}, to be removed")
    (copied.raw / COPY).unlink()
    assert copied.ingest("without it").quarantined == []
    assert copied.ledger()[COPY] == "superseded"


def test_a_file_that_comes_back_to_the_raw_folder_is_judged_anew(copied: Lakehouse) -> None:
    content = (copied.raw / COPY).read_bytes()
    (copied.raw / COPY).unlink()
    copied.ingest("without it")
    (copied.raw / COPY).write_bytes(content)
    assert [row.source_file for row in copied.ingest("with it").quarantined] == [COPY]
    assert copied.ledger()[COPY] == "quarantined"


def test_a_dismissed_file_may_lie_there_until_its_content_changes(copied: Lakehouse) -> None:
    settle(copied, COPY)
    report = copied.ingest("after")
    assert (report.quarantined, report.rows) == ([], [])
    copied.write(COPY, ORDERS, order(2))
    assert [row.source_file for row in copied.ingest("changed").quarantined] == [COPY]


def test_a_file_for_a_day_far_away_asks_for_no_days_when_it_is_gone(lakehouse: Lakehouse) -> None:
    lakehouse.write(DAY, ORDERS, order(1))
    lakehouse.write("order_items/2052-04-09.csv", "no header of order_items")
    assert len(lakehouse.ingest().missing) > 9_000
    (lakehouse.raw / "order_items/2052-04-09.csv").unlink()
    missing = [file.expected_file for file in lakehouse.ingest("renamed").missing]
    assert missing == ["products/products.csv", "order_items/2025-04-09.csv"]


def test_only_what_is_in_quarantine_can_be_dismissed(copied: Lakehouse) -> None:
    for name in (DAY, "orders/2025-04-09.csv (1)"):
        with pytest.raises(LakehouseError, match="is not in quarantine") as raised:
            settle(copied, name)
        assert "lakehouse status" in raised.value.next_step
    assert f"Is {COPY} meant?" in raised.value.next_step


@pytest.mark.parametrize("good", [Status.LOADED, Status.DUPLICATE])
def test_a_quarantined_version_is_history_once_its_file_has_other_content(good: Status) -> None:
    """Whether that is new, or came back unchanged from before, as in good, unusable, good."""
    ledger = [ledger_row(DAY, "a", good), ledger_row(DAY, "bad", Status.QUARANTINED)]
    (row,) = gone_from_quarantine([raw_file(DAY, "a")], ledger, ALL_FILES, BATCH)
    assert (row.version, row.status) == ((DAY, "bad"), Status.SUPERSEDED)
    assert str(row.reason).startswith("replaced: was ")


def test_a_quarantined_version_gives_way_to_another_unusable_one() -> None:
    ledger = [ledger_row(DAY, content, Status.QUARANTINED) for content in ("bad", "worse")]
    gone = gone_from_quarantine([raw_file(DAY, "worse")], ledger, ALL_FILES, BATCH)
    assert [row.content_hash for row in gone] == ["bad"]


def test_what_lies_there_or_is_not_looked_at_stays_in_quarantine() -> None:
    ledger = [ledger_row(DAY, "bad", Status.QUARANTINED)]
    assert gone_from_quarantine([raw_file(DAY, "bad")], ledger, ALL_FILES, BATCH) == []
    assert gone_from_quarantine([], ledger, Selection(["products"]), BATCH) == []
