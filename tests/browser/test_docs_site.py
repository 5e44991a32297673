"""dbt's page: the overview, the search, the graph."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Page, expect

# The graph is drawn by Cytoscape, which leaves itself at its element.
NODES = """
() => document.querySelector('.__________cytoscape_container')?._cyreg.cy
    .nodes(':visible').map(node => node.data('label')) ?? []
"""
# Some point of one of its layers is painted.
IS_PAINTED = """
() => [...document.querySelectorAll('.__________cytoscape_container canvas')].some(canvas =>
    canvas.width > 0 && canvas.getContext('2d')
        .getImageData(0, 0, canvas.width, canvas.height).data.some(value => value > 0))
"""
PICTURE = "From raw CSV files through bronze and silver to gold, and who reads gold"


def test_the_overview_shows_with_its_picture_and_its_layers(page: Page, address: str) -> None:
    page.goto(address)
    expect(page.get_by_role("heading", name="E-commerce lakehouse")).to_be_visible()
    expect(page.get_by_role("heading", name="Layers")).to_be_visible()
    expect(page.get_by_alt_text(PICTURE)).to_be_visible()
    width = page.get_by_alt_text(PICTURE).evaluate("image => image.complete && image.naturalWidth")
    assert width > 500


def test_the_pages_are_whole_without_a_server(page: Page, site: Path) -> None:
    page.goto((site / "index.html").as_uri())
    expect(page.get_by_alt_text(PICTURE)).to_be_visible()
    page.get_by_role("link", name="Column lineage").click()
    expect(page.get_by_role("heading", name="Column lineage")).to_be_visible()
    page.get_by_role("link", name="All tables and columns").click()
    expect(page.get_by_role("heading", name="E-commerce lakehouse")).to_be_visible()


def test_the_search_finds_the_table_of_a_column(page: Page, address: str) -> None:
    page.goto(address)
    search = page.get_by_placeholder("Search for models")
    results = page.locator(".search-result")
    search.fill("observed_reorder_rate")
    expect(results.filter(has_text="columns: observed_reorder_rate").first).to_be_visible()
    expect(results.filter(has_text="product_performance").first).to_be_visible()
    search.fill("observed_reorder_fate")
    expect(results).to_have_count(0)


def test_a_table_shows_its_owner_and_what_its_columns_are(page: Page, address: str) -> None:
    page.goto(f"{address}#!/model/model.ecommerce_lakehouse.daily_sales")
    expect(page.get_by_text("Analytics", exact=True).first).to_be_visible()
    expect(page.get_by_text("Sum of the totals of the day's orders").first).to_be_visible()


def test_the_graph_is_drawn_from_the_sources_to_the_exposures(page: Page, address: str) -> None:
    page.goto(f"{address}#!/model/model.ecommerce_lakehouse.daily_sales")
    page.get_by_title("View Lineage Graph").click()
    page.wait_for_function(f"({NODES})().includes('daily_sales')")
    assert {"order_days", "Report", "Athena query pack"} <= set(page.evaluate(NODES))
    page.locator("[data-large]").first.click()
    page.wait_for_function(f"({NODES})().includes('bronze.orders')")
    assert {"orders", "order_days", "daily_sales", "Report"} <= set(page.evaluate(NODES))
    page.wait_for_function(IS_PAINTED)
