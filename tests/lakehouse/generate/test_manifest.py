from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from types import MappingProxyType

from lakehouse.generate import DEFECTS, Plan, default_shares, generate

from .made import Make


def test_the_file_says_what_the_object_says(make: Make) -> None:
    made = make(default_shares(), orders_per_day=80)
    text = (made.raw / "manifest.json").read_text()
    content = json.loads(text)
    manifest = made.manifest
    assert list(content) == ["plan", "files", "missing_files", "tables", "counts", "defects"]
    assert content["plan"] == {
        "days": 4,
        "orders_per_day": 80,
        "seed": 7,
        "first_day": "2025-04-01",
        "products": 60,
        "defects": default_shares(),
    }
    assert content["counts"] == manifest.counts
    assert sum(content["counts"].values()) == len(content["defects"]) == len(manifest.defects)
    for entry, injected in zip(content["defects"], manifest.defects, strict=True):
        assert (entry["defect"], entry["file"]) == (injected.defect, injected.file)
        assert entry["record_number"] == injected.record_number
        assert entry["reasons"] == list(injected.reasons)
        assert entry["expected"] == injected.expected
        assert entry["outcome"] == DEFECTS[injected.defect].outcome
        assert set(entry) == {
            *("defect", "file", "record_number", "column", "value", "key", "reasons", "repeats"),
            *("waiting_items", "outcome", "expected"),
        }


def test_an_entry_of_each_kind_reads_as_expected(make: Make) -> None:
    made = make({"empty_file": 0.1, "amount_too_high": 0.001, "cart_position": 0.0001})
    assert made.entry("empty_file").as_json() == {
        "defect": "empty_file",
        "file": "orders/2025-04-05.csv",
        "record_number": None,
        "column": None,
        "value": None,
        "key": None,
        "reasons": ("empty_file",),
        "repeats": None,
        "waiting_items": 0,
        "outcome": "quarantined",
        "expected": "the file is quarantined: empty_file",
    }
    order = made.entry("amount_too_high")
    assert order.expected == (
        "the row loads into bronze and is rejected in silver: above:total_amount; "
        f"{order.waiting_items} of its items wait (unknown_order)"
    )
    assert made.entry("cart_position").expected == (
        "the row loads into bronze and is rejected in silver: below:add_to_cart_order"
    )


def test_there_is_one_defect_a_line_and_a_line_end_at_the_end(make: Make) -> None:
    made = make(default_shares(), orders_per_day=80)
    lines = (made.raw / "manifest.json").read_text().split("\n")
    assert len([line for line in lines if line.startswith('    {"defect"')]) == len(
        made.manifest.defects
    )
    assert lines[-1] == ""


def test_the_manifest_of_a_clean_shop_has_no_defects(make: Make) -> None:
    made = make(days=1, orders_per_day=2, products=3)
    content = json.loads((made.raw / "manifest.json").read_text())
    assert content["defects"] == []
    assert content["counts"] == {}
    assert content["files"] == {"loaded": 3, "quarantined": 0, "duplicate": 0, "gap": 0}
    assert content["tables"]["orders"] == {
        "records": 2,
        "clean": 2,
        "rejected": 0,
        "superseded": 0,
        "silver_rejected": 0,
        "waiting": 0,
        "bronze": 2,
        "silver": 2,
    }


def test_the_totals_add_up(make: Make) -> None:
    made = make(dict.fromkeys(default_shares(), 0.01), orders_per_day=80, products=90)
    own = dict.fromkeys(made.manifest.tables, 0)
    for entry in made.manifest.defects:
        if entry.record_number is not None:
            own[entry.file.partition("/")[0]] += 1
    for table, totals in made.manifest.tables.items():
        assert totals.records == totals.clean + own[table]
        assert totals.records == totals.rejected + totals.bronze
        assert totals.bronze == (
            totals.silver + totals.superseded + totals.silver_rejected + totals.waiting
        )


def test_the_same_plan_gives_the_same_manifest(make: Make) -> None:
    shares = dict.fromkeys(default_shares(), 0.01)
    backwards = dict(reversed(shares.items()))
    one, two = (
        make(defects, orders_per_day=80, products=90, folder=folder)
        for defects, folder in ((shares, "a"), (backwards, "b"))
    )
    assert one.files == two.files
    assert (one.raw / "manifest.json").read_bytes() == (two.raw / "manifest.json").read_bytes()


def test_a_plan_may_hold_any_mapping_and_any_first_day(tmp_path: Path) -> None:
    shares = MappingProxyType({"utf8_bom": 1.0})
    plan = Plan(1, 2, seed=0, first_day=date(2024, 2, 29), products=3, defects=shares)
    generate(tmp_path, plan)
    content = json.loads((tmp_path / "manifest.json").read_text())
    assert content["plan"]["first_day"] == "2024-02-29"
    assert content["plan"]["defects"] == {"utf8_bom": 1.0}
    assert (tmp_path / "orders" / "2024-02-29.csv").is_file()
