"""Pages in a real browser, as a person opens them."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from threading import Thread

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright
from rich.console import Console

from ingestion.settings import Settings
from lakehouse.docs_site.build import write_site
from lakehouse.docs_site.serve import address_of, new_server
from orchestration.pipeline.progress import Display
from tests.browser import chromium

find_chromium = cache(chromium.find)

# dbt's page reads megabytes before it draws: the usual 5 s are too few for a busy machine.
expect.set_options(timeout=60_000)


def pytest_runtest_setup(item: pytest.Function) -> None:
    """Without a Chromium let one test of a page say so, and leave out the others.

    It is the first of all that were collected, which every process of a parallel run knows alike.
    """
    if _needs_browser(item) and find_chromium() is None:
        if item is next(filter(_needs_browser, item.session.items)):
            pytest.fail(chromium.MISSING, pytrace=False)
        pytest.skip("Chromium is missing")


def _needs_browser(item: pytest.Item) -> bool:
    return "browser" in getattr(item, "fixturenames", ())


# Playwright keeps a loop of events running, in which other tests could start none of their own.
@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """The Chromium of this machine."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The docs site, of a root without tables."""
    folder = tmp_path_factory.mktemp("site")
    settings = Settings.read(root=str(folder / "nowhere"))
    write_site(settings, folder, Display(Console(), quiet=True))
    return folder


@pytest.fixture(scope="session")
def address(site: Path) -> Iterator[str]:
    """Where the site is served."""
    with new_server(site, 0) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        yield address_of(server)
        server.shutdown()
        thread.join()


@pytest.fixture
def page(browser: Browser, address: str) -> Iterator[Page]:
    """An empty page of its own; no request may leave the machine, no script may fail."""
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    page = context.new_page()
    asked: list[str] = []
    faults: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("pageerror", lambda error: faults.append(str(error)))
    yield page
    context.close()
    assert [url for url in asked if not url.startswith((address, "data:", "blob:", "file:"))] == []
    assert faults == []
