"""The page of column lineage."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

PAGE = "column_lineage.html"
BOXES = """
() => [...document.querySelectorAll('.card')].map(card => card.getAttribute('aria-label'))
"""


def test_the_way_of_a_column_is_drawn_from_the_file_down_to_gold(page: Page, address: str) -> None:
    page.goto(f"{address}{PAGE}#gold.daily_sales.total_sales")
    expect(page.get_by_role("heading", level=2)).to_have_text("gold.daily_sales.total_sales")
    expect(page.get_by_text("Sum of the totals of the day's orders")).to_be_visible()
    boxes = page.evaluate(BOXES)
    assert (boxes[0], boxes[-1]) == ("orders.csv", "gold.daily_sales")
    assert "silver.orders" in boxes
    chosen = page.locator(".card .chosen")
    expect(chosen).to_contain_text("total_sales")
    expect(page.locator("#edges path")).to_have_count(len(boxes) - 1)
    expect(page.locator("#ends")).to_have_text(
        "Comes from: orders.csv.total_amount, ops.ingested_files.table_name"
    )
    expect(page.get_by_text("Read by: Athena query pack, Report")).to_be_visible()


def test_the_other_direction_goes_from_the_file_to_every_gold_table(
    page: Page, address: str
) -> None:
    page.goto(f"{address}{PAGE}#orders.csv.total_amount")
    expect(page.get_by_text("It is computed from no column.")).to_be_visible()
    page.get_by_label("what is computed from it").check()
    boxes = page.evaluate(BOXES)
    assert boxes[0] == "orders.csv"
    assert {"gold.daily_sales", "gold.product_performance", "gold.customer_insights"} <= set(boxes)


def test_a_column_is_found_by_letters_and_chosen_by_keys_alone(page: Page, address: str) -> None:
    page.goto(f"{address}{PAGE}")
    page.get_by_role("searchbox").fill("product observed_reorder_r")
    expect(page.locator("nav a:visible")).to_have_text(["observed_reorder_rate"])
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    heading = page.get_by_role("heading", level=2)
    expect(heading).to_have_text("gold.product_performance.observed_reorder_rate")
    page.get_by_role("searchbox").fill("no such column")
    expect(page.get_by_text("No column has these letters.")).to_be_visible()


def test_a_column_of_the_drawing_leads_on_and_back_leads_back(page: Page, address: str) -> None:
    page.goto(f"{address}{PAGE}#gold.daily_sales.total_sales")
    page.locator(".card").filter(has_text="silver.order_days").get_by_text("total_sales").click()
    heading = page.get_by_role("heading", level=2)
    expect(heading).to_have_text("silver.order_days.total_sales")
    page.go_back()
    expect(heading).to_have_text("gold.daily_sales.total_sales")
    page.locator(".card").get_by_role("link", name="gold.daily_sales").click()
    expect(page.get_by_text("One row per calendar day").first).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_phone_shows_everything_in_its_width_in_either_colours(
    page: Page, address: str, scheme: str
) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    page.goto(f"{address}{PAGE}#products.csv.department")
    expect(page.locator(".card .chosen")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    page.get_by_label("what is computed from it").check()
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    brightness = page.evaluate(
        "getComputedStyle(document.body).backgroundColor.match(/\\d+/g).map(Number)[0]"
    )
    assert (brightness < 100) == (scheme == "dark")
