from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from lakehouse.report.page import write_report
from tests.lakehouse.report.lakes import few_days, money, write_lake

DESK, PHONE = 1280, 390
EVIL = "</title></svg><script>alert(1)</script><img src=http://example.org/x onerror=alert(1)>"
EVIL += "and_no_blank_to_break_a_line_at" * 5
CHARTS = 10


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page of a lakehouse one of whose products has a name that is an attack."""
    folder = tmp_path_factory.mktemp("report")
    tables = few_days()
    product = (9, EVIL, EVIL, money("700"), money("1"), 0, 1, 1, 1, "A")
    tables["gold/product_performance"] = [*tables["gold/product_performance"], product]
    write_report(write_lake(folder / "lake", tables), folder / "report.html")
    return folder / "report.html"


@contextmanager
def opened(
    browser: Browser, report: Path, width: int = DESK, theme: Any = "light"
) -> Iterator[Page]:
    """The page in a window; what it complains of or asks for fails the test."""
    trouble: list[str] = []
    window = browser.new_context(
        viewport={"width": width, "height": 900}, color_scheme=theme, reduced_motion="reduce"
    )
    page = window.new_page()
    page.on("console", lambda message: trouble.append(message.text))
    page.on("pageerror", lambda error: trouble.append(str(error)))
    page.on("dialog", lambda dialog: trouble.append(dialog.message))
    page.on("request", lambda request: trouble.append(request.url))
    page.goto(report.as_uri())
    yield page
    window.close()
    assert trouble == [report.as_uri()]


@pytest.mark.parametrize("width", [DESK, PHONE])
def test_every_chart_is_drawn_once_and_within_its_frame(
    browser: Browser, report: Path, width: int
) -> None:
    with opened(browser, report, width) as page:
        charts = [svg for svg in page.locator(".chart svg").all() if svg.is_visible()]
        assert len(charts) == CHARTS
        for chart in charts:
            box = chart.bounding_box()
            assert box is not None
            assert 0 <= box["x"] <= box["x"] + box["width"] <= width
            assert box["height"] > 40
            assert chart.locator("title").count() > 0


def test_tooltips_are_sentences_for_people(browser: Browser, report: Path) -> None:
    with opened(browser, report) as page:
        tips = set(page.locator(".wide title").all_text_contents())
    assert "Toys: 100.00, 66.4% of sales" in tips
    assert "Tuesday 09:00: 2 orders on 1 day" in tips
    assert "orders of Tuesday 1 April 2025: loaded" in tips
    assert not [tip for tip in tips if ";" in tip and EVIL not in tip]


def test_text_of_charts_is_within_them_and_large_enough_on_a_phone(
    browser: Browser, report: Path
) -> None:
    with opened(browser, report, PHONE) as page:
        texts = page.evaluate(
            """() => [...document.querySelectorAll('.narrow text')].filter(text => text.textContent)
                .map(text => [text.textContent, text.getBoundingClientRect().left,
                    text.getBoundingClientRect().right, text.getBoundingClientRect().height])"""
        )
    assert len(texts) > 100
    assert [text for text in texts if text[1] < 0 or text[2] > PHONE or text[3] < 10] == []


@pytest.mark.parametrize("width", [DESK, PHONE, 320])
def test_nothing_goes_beyond_the_side_of_the_window(
    browser: Browser, report: Path, width: int
) -> None:
    with opened(browser, report, width) as page:
        page.evaluate("document.querySelectorAll('details').forEach(part => part.open = true)")
        assert page.evaluate("document.documentElement.scrollWidth") == width


def test_light_and_dark_differ_in_ground_text_and_charts(browser: Browser, report: Path) -> None:
    def colours(theme: str) -> list[str]:
        with opened(browser, report, theme=theme) as page:
            found: list[str] = page.evaluate(
                """() => [getComputedStyle(document.body).backgroundColor,
                    getComputedStyle(document.body).color,
                    getComputedStyle(document.querySelector('.wide path[fill]:not([fill=none])'))
                        .fill,
                    getComputedStyle(document.querySelector('.wide text')).fill]"""
            )
            return found

    light, dark = colours("light"), colours("dark")
    assert all(one != other for one, other in zip(light, dark, strict=True))
    assert light[2] == "rgb(0, 114, 178)"


def test_tables_can_be_read_and_folded_out_by_key(browser: Browser, report: Path) -> None:
    with opened(browser, report) as page:
        table = page.get_by_role("table", name="Departments, by sales")
        assert not table.is_visible()
        page.locator("#departments summary").press("Enter")
        assert table.is_visible()
        assert table.get_by_role("rowheader", name="Toys").is_visible()
        assert page.get_by_role("table", name="Rows by table").is_visible()


def test_who_listens_finds_parts_headings_and_pictures(browser: Browser, report: Path) -> None:
    with opened(browser, report) as page:
        for role in ("banner", "main", "contentinfo", "navigation"):
            assert page.get_by_role(role).count() == 1
        assert page.get_by_role("heading", level=1).count() == 1
        assert page.get_by_role("heading", level=2).count() == 9
        assert page.get_by_role("img").count() == CHARTS + 1  # a line of the table of tables
        assert page.get_by_role("img", name="Bars: sales of 2 departments. Toys").count() == 1
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.textContent") == "Skip to the content"
        page.keyboard.press("Enter")
        assert page.evaluate("document.activeElement.id") == "content"


def test_a_name_that_is_an_attack_is_shown_as_text(browser: Browser, report: Path) -> None:
    with opened(browser, report) as page:
        page.locator("#products summary").click()
        assert page.get_by_role("cell", name=EVIL).count() == 2
        assert page.locator("script, img, iframe").count() == 0


def test_on_paper_all_tables_are_whole(browser: Browser, report: Path) -> None:
    with opened(browser, report) as page:
        page.emulate_media(media="print")
        assert (
            page.locator("#runs .scroll").last.evaluate("part => getComputedStyle(part).overflow")
            == "visible"
        )
