"""One checkout against another: the SQL of both on the same raw files."""

from __future__ import annotations

import json
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest

import orchestration.project
from ingestion.errors import LakehouseError
from lakehouse.diff.checkouts import _checkout
from tests.lakehouse.conftest import Outcome
from tests.lakehouse.diff.small_project import small_project
from tests.lakehouse.json_pages import documented, names_in

PRODUCTS = (
    "product_id,department_id,department,product_name\n1,2,Home,Lamp\n2,2,Home,Bed\n3,1,Toys,Car\n"
)


@pytest.fixture
def scratch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where temporary folders of this process are made."""
    folder = tmp_path / "scratch"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


def test_what_an_edit_moves_is_shown_also_where_a_test_fails(
    run: Callable[..., Outcome], tmp_path: Path, scratch: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Departments count every product twice, and the shop, which adds them up, has one too many."""
    other = small_project(tmp_path / "Café {a,b} 50% a[b")
    here = small_project(tmp_path / "here", "2 * count(*)")
    monkeypatch.setattr(orchestration.project, "PROJECT_FOLDER", here)
    (tmp_path / "raw" / "products").mkdir(parents=True)
    (tmp_path / "raw" / "products" / "products.csv").write_text(PRODUCTS)
    files = sorted(other.rglob("*"))
    code, output, error = run(
        *("diff", "--checkout", str(other), "--raw", str(tmp_path / "raw"), "--format", "json")
    )
    assert (code, error) == (0, "")
    found = json.loads(output)
    assert (found["from"], found["to"]) == (f"checkout {other}", "this checkout")
    assert found["edits"] == [
        {"table": "gold.departments", "state": "edited", "columns": ["products"]}
    ]
    sums = {
        row["table"]: (row["column"], row["old_sum"], row["new_sum"]) for row in found["columns"]
    }
    assert sums == {"gold.departments": ("products", 3, 6), "gold.shop": ("total", 3, 6)}
    assert [row["table"] for row in found["tables"]] == ["gold.departments", "gold.shop"]
    assert found["reached_columns"] == [
        {
            "table": "gold.shop",
            "column": "total",
            "made_of": ["gold.departments.products"],
            "differs": True,
        }
    ]
    assert [row["label"] for row in found["exposures"]] == ["Shop window"]
    failed = [(row["side"], row["name"], row["failures"]) for row in found["failed"]]
    assert failed == [("to", "the_shop_has_three_products_at_most", 1)]
    values = {"department", "products", "total"}
    assert set(names_in(found)) - values <= documented("diff")
    assert sorted(other.rglob("*")) == files
    assert list(scratch.iterdir()) == []
    assert not (tmp_path / "warehouse").exists()


def git(folder: Path, *arguments: str) -> None:
    who = ("-c", "user.name=a", "-c", "user.email=a@b.c")
    subprocess.run(["git", "-C", folder, *who, *arguments], check=True, capture_output=True)


def test_a_checkout_may_be_a_branch_as_it_was_committed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = tmp_path / "here"
    here.mkdir()
    (here / "dbt_project.yml").write_text("committed")
    git(here, "init", "--initial-branch", "trunk")
    git(here, "add", ".")
    git(here, "commit", "--message", "a")
    (here / "dbt_project.yml").write_text("edited since")
    monkeypatch.setattr(orchestration.project, "PROJECT_FOLDER", here)
    found = _checkout("trunk", tmp_path / "to")
    assert found.name.startswith("checkout trunk (")
    assert (found.folder / "dbt_project.yml").read_text() == "committed"
    with pytest.raises(LakehouseError, match="'--output=x' is neither a folder") as raised:
        _checkout("--output=x", tmp_path / "to")
    assert "such as main" in raised.value.next_step


def test_a_checkout_is_not_compared_with_a_root(run: Callable[..., Outcome]) -> None:
    code, _, error = run("diff", "--checkout", "main", "--workspace", "dev")
    assert (code, "Leave out --root, --workspace, --from and --to" in error) == (1, True)
    code, _, error = run("diff", "--raw", "sample")
    assert (code, "Name the other one by --checkout" in error) == (1, True)
