"""A small dbt project of ours: products, how many a department has, and how many the shop has."""

from __future__ import annotations

import shutil
from pathlib import Path

from tests.projects import copy_project

_KEPT = ("products", "products_checked", "products_rejected", "department_aliases")
_DEPARTMENTS = """
select department, cast({} as bigint) as products
from {{{{ ref('products') }}}}
group by department
"""
_SHOP = """
select cast(sum(products) as bigint) as total, {{ run_id() }} as _run_id
from {{ ref('departments') }}
"""
_DESCRIBED = """
version: 2
models:
  - name: departments
    columns:
      - {name: department, data_type: string, data_tests: [unique]}
      - {name: products, data_type: bigint}
  - name: shop
    data_tests:
      - expression_is_true:
          name: the_shop_has_three_products_at_most
          arguments: {rules: {three at most: total <= 3}}
    columns:
      - {name: total, data_type: bigint}
      - {name: _run_id, data_type: string}
"""
_EXPOSURES = """
exposures:
  - {name: window, label: Shop window, type: dashboard, owner: {name: a},
     depends_on: ["ref('shop')"]}
"""


def small_project(folder: Path, products: str = "count(*)") -> Path:
    """Write it, with this expression for the products of a department."""
    copy_project(folder)
    models = folder / "models"
    for path in (models / "gold", models / "intermediate", folder / "seeds" / "segment_rules.csv"):
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    (folder / "seeds" / "segment_rules.yml").unlink()
    for path in (*(models / "silver").iterdir(), *(folder / "tests" / "dbt").glob("*.sql")):
        if path.stem not in _KEPT:
            path.unlink()
    (models / "gold").mkdir()
    (models / "gold" / "departments.sql").write_text(_DEPARTMENTS.format(products))
    (models / "gold" / "shop.sql").write_text(_SHOP)
    (models / "gold" / "gold.yml").write_text(_DESCRIBED)
    (models / "exposures.yml").write_text(_EXPOSURES)
    return folder
