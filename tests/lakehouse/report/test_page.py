from __future__ import annotations

import re
from importlib.resources import files
from pathlib import Path

import pytest

from ingestion.errors import LakehouseError
from ingestion.settings import Settings
from lakehouse.report.page import render, write_report
from lakehouse.report.reading import Lake
from tests.lakehouse.report.lakes import (
    NONE,
    ONE,
    RUN_AT,
    THREE,
    empty_gold,
    few_days,
    money,
    page,
    run,
    seen,
    write_lake,
)
from tests.lakehouse.report.seen import Seen

PUBLISHED_AT = RUN_AT.replace(hour=7)
EVIL = '</script><script>alert("1")</script>&amp;\x07\u202e'


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> Seen:
    return seen(tmp_path_factory.mktemp("few"), few_days())


def test_a_lakehouse_without_orders_has_a_page_that_says_so(tmp_path: Path) -> None:
    shown = seen(tmp_path, empty_gold())
    assert shown.text.count("No orders yet.") == 7  # the top and six sections
    assert "No file was loaded yet." in shown.text
    assert "No run is recorded yet." in shown.text
    assert shown.drawings == []


def test_one_order_of_one_customer_makes_a_page(tmp_path: Path) -> None:
    tables = few_days() | {
        "gold/daily_sales": [
            (THREE, money("5"), None, 1, 1, money("5"), money("5"), 1, True, True)
        ],
        "gold/customer_insights": [(7, THREE, "new", 1, money("5"), 0)],
    }
    shown = seen(tmp_path, tables)
    assert "Orders of Thursday 3 April 2025." in shown.text
    assert "The segment new has 100.0% of the customers and brings 100.0% of sales." in shown.text


def test_orders_worth_nothing_make_a_page(tmp_path: Path) -> None:
    tables = few_days() | {
        "gold/daily_sales": [
            (THREE, money("0"), None, 1, 1, money("0"), money("0"), 1, True, True)
        ],
        "gold/customer_insights": [(7, THREE, "new", 1, money("0"), 0)],
        "gold/department_analytics": [],
        "gold/product_performance": [
            (1, "Atlas", "Books", money("0"), None, 1, 0, 0, 0, "C"),
        ],
    }
    assert f"has 100.0% of the customers and brings {NONE} of sales." in seen(tmp_path, tables).text


def test_text_from_files_is_text_and_never_markup(tmp_path: Path) -> None:
    tables = few_days() | {
        "gold/product_performance": [
            (1, EVIL, EVIL, money("1"), money("1"), 1, 1, 1, 1, "A"),
        ],
        "gold/department_analytics": [
            (EVIL, "all", money("1"), money("1"), 1, money("1"), 1, 1, 1, 1)
        ],
        "gold/customer_insights": [(7, THREE, EVIL, 1, money("5"), 0)],
        "ops/test_results": [("run 2", EVIL, EVIL, "fail", 1)],
        "ops/missing_files": [("orders", ONE, EVIL, "missing")],
        "silver/order_items_rejected": [(EVIL, 3, [EVIL])],
    }
    text = page(tmp_path, tables)
    shown = Seen(text)
    assert "script" not in {tag for tag, _ in shown.tags}
    assert shown.tables["Products, by sales"][1][1] == '</script><script>alert("1")</script>&amp;'
    assert "\x07" not in text
    assert "\u202e" not in text


def test_the_page_asks_for_nothing_and_may_run_nothing(shown: Seen) -> None:
    assert {tag for tag, _ in shown.tags} & {"script", "link", "img", "iframe", "object"} == set()
    wanted = [
        value
        for _, attributes in shown.tags
        for name, value in attributes.items()
        if name in ("src", "href", "xlink:href") and not str(value).startswith("#")
    ]
    assert wanted == []
    assert "url(" not in style()
    assert "@import" not in style()
    policy = dict(shown.tags)["meta"]
    assert policy["content"] == "default-src 'none'; style-src 'unsafe-inline'"


def test_every_drawing_has_a_name_and_every_chart_a_table(shown: Seen) -> None:
    assert shown.drawings
    assert all(name for name, _ in shown.drawings)
    charts = [
        attributes for tag, attributes in shown.tags if attributes.get("class") == "chart wide"
    ]
    assert len(charts) == len([tag for tag, _ in shown.tags if tag == "details"]) == 10


def test_links_within_the_page_lead_somewhere(shown: Seen) -> None:
    places = {attributes.get("id") for _, attributes in shown.tags}
    links = [str(attributes["href"])[1:] for tag, attributes in shown.tags if tag == "a"]
    assert links
    assert set(links) <= places


def test_the_same_tables_give_the_same_bytes(tmp_path: Path) -> None:
    settings = write_lake(tmp_path, few_days())
    assert render(Lake(settings)) == render(Lake(settings))


def test_without_gold_the_tables_that_lack_are_named(tmp_path: Path) -> None:
    settings = write_lake(tmp_path, {"ops/runs": [], "gold/daily_sales": []})
    with pytest.raises(LakehouseError, match=r"gold\.department_analytics") as raised:
        write_report(settings, tmp_path / "report.html")
    assert "lakehouse build" in raised.value.next_step
    assert "gold.daily_sales" not in raised.value.problem


def test_gold_of_an_older_version_is_to_be_built_anew(tmp_path: Path) -> None:
    settings = write_lake(tmp_path, empty_gold() | {"ops/runs": []})
    lake = Lake(settings)
    with pytest.raises(LakehouseError, match="nowhere_to_be_found") as raised:
        lake.rows("select nowhere_to_be_found from gold.daily_sales")
    assert "lakehouse build --full-refresh" in raised.value.next_step


def test_a_file_that_can_not_be_written_is_named(tmp_path: Path) -> None:
    settings = write_lake(tmp_path / "lake", empty_gold())
    with pytest.raises(LakehouseError, match=re.escape(str(tmp_path))):
        write_report(settings, tmp_path)


def test_the_size_shown_is_that_of_the_file(tmp_path: Path) -> None:
    settings: Settings = write_lake(tmp_path / "lake", empty_gold())
    output = tmp_path / "new" / "report.html"
    assert write_report(settings, output) == output.stat().st_size


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_text_and_marks_stand_out_from_their_ground(theme: str) -> None:
    blocks = re.findall(r":root \{(.*?)\}", style(), re.DOTALL)
    colours = dict(re.findall(r"--(\w+): (#\w{6});", blocks[("light", "dark").index(theme)]))
    for ground in ("page", "paper"):
        for text in ("text", "muted", "link"):
            assert contrast(colours[text], colours[ground]) >= 4.5, (text, ground)
        for mark in ("accent", "second", "bad"):
            assert contrast(colours[mark], colours[ground]) >= 3, (mark, ground)
    strongest = mixed(colours["heat"], colours["paper"], 0.75)
    assert contrast(colours["text"], strongest) >= 4.5


def style() -> str:
    return files("lakehouse.report").joinpath("page.css").read_text()


def channels(colour: str) -> list[float]:
    return [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]


def mixed(colour: str, ground: str, share: float) -> str:
    pairs = zip(channels(colour), channels(ground), strict=True)
    return "#" + "".join(f"{round(255 * (a * share + b * (1 - share))):02x}" for a, b in pairs)


def contrast(one: str, other: str) -> float:
    """As WCAG 2 defines it."""

    def luminance(colour: str) -> float:
        red, green, blue = (
            part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4
            for part in channels(colour)
        )
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def test_the_page_speaks_of_what_is_published_and_not_of_the_newest_run(tmp_path: Path) -> None:
    """The second run failed; one table is still as a run before the first one left it."""
    lake = few_days()
    tables = [path.replace("/", ".") for path in lake if path.startswith(("gold/", "silver/"))]
    of_first = [(2, "run 1", name, 0, name, PUBLISHED_AT) for name in tables]
    before = (1, "run 0", "gold.daily_sales", 0, "gold.daily_sales", RUN_AT)
    lake |= {
        "ops/publications": [before, *of_first],
        "ops/runs": [
            run(1, "well", read=9, refused=2, tests=(1, 0, 0)),
            run(2, "failed", read=3, refused=0, tests=(0, 0, 1)),
        ],
        "ops/test_results": [
            ("run 1", "sums_are_sound", "orders", "pass", 0),
            ("run 2", "sums_are_sound", "orders", "fail", 5),
        ],
    }
    shown = seen(tmp_path, lake)
    assert "Published by run run 1, " in shown.text
    assert "1 table stayed as older runs published them." in shown.text
    assert "failed: test sums_are_sound (5 rows)." in shown.text
    assert "1 of 1 test passed." in shown.text


def test_files_that_are_loaded_and_not_built_are_named_on_top(tmp_path: Path) -> None:
    """Nobody knows that of a root without a recorded build; without silver nothing was built."""
    assert "not all that has arrived" not in page(tmp_path / "built", few_days())
    lake = {path: rows for path, rows in few_days().items() if not path.startswith("silver/")}
    text = page(tmp_path / "loaded", lake)
    assert "Of 5 files not all that has arrived is in these numbers yet." in text
