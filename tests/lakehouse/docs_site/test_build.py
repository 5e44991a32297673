from __future__ import annotations

import json
from pathlib import Path

import pytest
from rich.console import Console

from ingestion.errors import LakehouseError
from ingestion.settings import Settings
from lakehouse.docs_site.build import lineage_page, write_site
from orchestration.pipeline.progress import Display
from orchestration.project import PROJECT_FOLDER
from orchestration.state.lock import only_run
from tests.lake import Lakehouse

QUIET = Display(Console(), quiet=True)


def test_the_site_has_the_compiled_models_the_tables_of_the_root_and_no_place_of_this_machine(
    lakehouse: Lakehouse, tmp_path: Path
) -> None:
    lakehouse.write(
        "orders/2025-04-01.csv",
        "order_num,order_id,user_id,order_timestamp,total_amount,date",
        "1,1,1,2025-04-01T10:00:00,10.00,2025-04-01",
    )
    lakehouse.ingest()
    with only_run(lakehouse.settings):  # it reads logs alone, so a run may be at work
        site = write_site(lakehouse.settings, tmp_path / "site", QUIET)
    assert site.message("ROOT").startswith("Written: ")
    index = (site.folder / "index.html").read_text()
    start = index.index(',catalog:{"metadata"') + len(",catalog:")
    catalog, _ = json.JSONDecoder().raw_decode(index[start:])
    orders = catalog["sources"]["source.ecommerce_lakehouse.bronze.orders"]
    assert orders["columns"]["order_id"]["type"] == "bigint"
    assert orders["stats"]["rows"]["value"] == 1
    assert "from bronze.orders" in index
    assert lakehouse.settings.root not in index
    assert str(PROJECT_FOLDER) not in index
    assert "data:image/svg+xml;base64," in index
    lineage = json.loads((site.folder / "column_lineage.json").read_text())
    assert lineage["gold.daily_sales"]["columns"]["total_sales"]["inputs"]


def test_without_a_lakehouse_the_site_is_written_all_the_same_and_says_what_is_missing(
    tmp_path: Path,
) -> None:
    settings = Settings.read(root=str(tmp_path / "nowhere"))
    site = write_site(settings, tmp_path / "site", QUIET)
    assert "no tables at NOWHERE" in site.message("NOWHERE")
    assert "lakehouse run" in site.message("NOWHERE")
    assert (site.folder / "column_lineage.html").exists()
    assert not (tmp_path / "nowhere").exists()


def test_a_folder_that_can_not_be_written_to_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    settings = Settings.read(root=str(tmp_path / "nowhere"))
    with pytest.raises(LakehouseError, match="can't be written to") as raised:
        write_site(settings, tmp_path / "file", QUIET)
    assert "--output" in raised.value.next_step


def test_no_text_of_the_data_ends_the_element_that_it_stands_in() -> None:
    page = lineage_page(json.dumps({"a": "</script><script>alert(1)"}))
    assert "</script><script>alert" not in page
    data = page.split('id="lineage">')[1].split("</script>")[0]
    assert json.loads(data) == {"a": "</script><script>alert(1)"}
