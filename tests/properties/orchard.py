"""A shop of juices whose tables and tests a few lines of Python can foretell, and chance at work.

Fruits arrive in bronze; silver has them, gold their juices and what those sell for. An orchard does
one thing after another, and builds everything after each: verdict, failing tests and values must be
those that Python works out, whatever the build has left as it was.
"""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from random import Random
from textwrap import dedent

import pyarrow as pa
from deltalake import DeltaTable, write_deltalake
from pyspark.sql import SparkSession
from rich.console import Console

from orchestration.pipeline.progress import Display
from orchestration.pipeline.run import run
from orchestration.state.results import RunResult
from orchestration.upkeep.maintain import maintain
from orchestration.upkeep.restore import restore
from tests.lake import Lakehouse, new_lakehouse
from tests.projects import copy_project, write_files

NOW = datetime(2025, 5, 1, tzinfo=UTC)
FIRST = (1, 2, 3, 4, 5)
PARTS = ("fruits", "juices", "prices+", "sales")
TABLES = {
    "fruits": "select fruit_id from silver.fruits order by all",
    "juices": "select fruit_id, amount from gold.juices order by all",
    "sales": "select total from gold.sales",
}
FILES = {
    "models/project.yml": """
        groups:
          - {name: data_engineering, owner: {name: engineers}}
          - {name: analytics, owner: {name: analysts}}
        sources:
          - {name: ops, tables: [{name: test_failures}]}
          - {name: bronze, tables: [{name: orders}]}
    """,
    "models/silver/fruits.sql": "select order_id as fruit_id from {{ source('bronze', 'orders') }}",
    "models/silver/pressed.sql": """
        {{ config(materialized='ephemeral') }}
        select fruit_id, {{ times('fruit_id') }} as amount from {{ ref('fruits') }}
    """,
    "models/gold/sales.sql": """
        {{ config(contract={'enforced': false}) }}
        select sum(juices.amount * prices.price) as total
        from {{ ref('juices') }} as juices
        inner join {{ ref('prices') }} as prices on juices.fruit_id % 2 = prices.kind
    """,
    "seeds/prices.yml": """
        seeds:
          - name: prices
            config: {schema: silver, column_types: {kind: int, price: int}}
    """,
    "tests/dbt/generic/at_most.sql": """
        {% test at_most(model, column, most) %}
        select * from {{ model }} where {{ column }} > {{ most }}
        {% endtest %}
    """,
}
# Each rule with the file that has it; the first values pass every test.
RULES = {
    "factor": ("macros/times.sql", "{{% macro times(a) %}}{factor} * {{{{ a }}}}{{% endmacro %}}"),
    "more": (
        "models/gold/juices.sql",
        """
        {{{{ config(contract={{'enforced': false}}) }}}}
        select fruit_id, amount + {{{{ var('sugar') }}}} + {more} as amount
        from {{{{ ref('pressed') }}}}
        """,
    ),
    "price": ("seeds/prices.csv", "kind,price\n0,{price}\n1,1\n"),
    "most_fruit": (
        "tests/dbt/assert_fruits.sql",
        "select * from {{{{ ref('fruits') }}}} where fruit_id > {most_fruit}",
    ),
    "most_juice": (
        "tests/dbt/assert_juices.sql",
        "select * from {{{{ ref('juices') }}}} where amount > {most_juice}",
    ),
    "usual_juice": (
        "tests/dbt/assert_usual.sql",
        """
        {{{{ config(severity='warn') }}}}
        select * from {{{{ ref('juices') }}}} where amount > {usual_juice}
        """,
    ),
    "most_sales": (
        "models/gold/sales.yml",
        """
        models:
          - name: sales
            data_tests:
              - at_most: {{name: sales_are_low, arguments: {{column: total, most: {most_sales}}}}}
        """,
    ),
}
VALUES = {
    "factor": (1, 2),
    "more": (0, 10),
    "sugar": (0, 5),
    "price": (1, 3),
    "most_fruit": (90, 4),
    "most_juice": (900, 12),
    "usual_juice": (900, 3),
    "most_sales": (9000, 20),
}


@dataclass
class Foretold:
    """What a build of everything finds, by Python alone."""

    tables: dict[str, list[tuple[int, ...]]]
    failed: set[str]
    warned: set[str]


def foretell(fruits: list[int], rules: dict[str, int]) -> Foretold:
    """Work it out; dbt skips what is behind a failed test, so there is one at most."""
    juices = sorted(
        (fruit, rules["factor"] * fruit + rules["sugar"] + rules["more"]) for fruit in fruits
    )
    prices = {0: rules["price"], 1: 1}
    total = sum(amount * prices[fruit % 2] for fruit, amount in juices)
    found = {
        "assert_fruits": max(fruits) > rules["most_fruit"],
        "assert_juices": max(amount for _, amount in juices) > rules["most_juice"],
        "sales_are_low": total > rules["most_sales"],
    }
    failed = next(({name} for name, fails in found.items() if fails), set())
    is_usual = all(amount <= rules["usual_juice"] for _, amount in juices)
    is_seen = not is_usual and "assert_fruits" not in failed
    tables: dict[str, list[tuple[int, ...]]] = {
        "fruits": [(f,) for f in sorted(fruits)],
        "juices": [*juices],
        "sales": [(total,)],
    }
    return Foretold(tables, failed, {"assert_usual"} if is_seen else set())


@dataclass
class Orchard:
    """A root and a project of their own; chance decides what is done."""

    spark: SparkSession
    folder: Path
    tally: Counter[str]
    random: Random
    done: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.project = copy_project(self.folder / "project")
        for name in ("models", "seeds", "tests"):
            shutil.rmtree(self.project / name)
        self.rules = {name: values[0] for name, values in VALUES.items()}
        for name, text in FILES.items():
            self._write(name, text)
        for rule in self.rules:
            self._set(rule, VALUES[rule][0])
        self.lake: Lakehouse = new_lakehouse(self.spark, self.folder)
        self.fruits: list[int] = []
        for fruit in FIRST:
            self._arrive(fruit)
        self.published: dict[str, list[tuple[int, ...]]] = {}
        self.runs: dict[str, list[int]] = {}
        self.is_red = False
        self.deck: list[str] = []

    def live(self, steps: int) -> None:
        """Build everything, and again after each of so many things.

        Raises:
            AssertionError: Verdict, tests or values are not as foretold.
        """
        self.build_and_judge()
        for _ in range(steps):
            self.act()
        self.build_and_judge("--full-refresh")

    def act(self) -> None:
        """Do one of all that may be done, then build everything and judge it."""
        acts: tuple[Callable[[], str], ...] = (
            *(self._edit, self._edit, self._edit, self._edit, self._edit_two),
            *(self._arrive, self._build_a_part, self._restore, self._maintain, self._meddle),
        )
        if self.is_red:
            acts = (self._edit, self._give_way)
        self.done.append(self.random.choice(acts)())
        self.build_and_judge()

    def build_and_judge(self, *arguments: str) -> None:
        """Build everything.

        Raises:
            AssertionError: Verdict, tests or values are not as foretold.
        """
        foretold, result = foretell(self.fruits, self.rules), self._build(*arguments)
        failed = {node.name for node in result.results if node.is_bad}
        warned = {node.name for node in result.results if node.status == "warn"}
        assert failed == foretold.failed, (self.done, self.rules, self.fruits)
        self.is_red = bool(failed)
        if not failed:
            assert result.workspace is None, self.done
            # A warning is found again, not remembered; with nothing new the last run has said it.
            assert result.unchanged_since or warned == foretold.warned, (self.done, self.rules)
            self.published = foretold.tables
            self.runs[result.run_id] = list(self.fruits)
        found = {name: self.lake.query(sql) for name, sql in TABLES.items()}
        assert found == self.published, (self.done, self.rules, self.fruits)
        self.tally["builds that leave what they can"] += 1
        self.tally["nodes left"] += len(result.unchanged)

    def _build(self, *arguments: str) -> RunResult:
        quiet = Display(Console(), quiet=True)
        return run(self.lake.settings, quiet, with_ingest=False, build_arguments=arguments)

    def _edit(self) -> str:
        """Give the next rule its other value; all have had their turn before one comes again."""
        if not self.deck:
            self.deck = self.random.sample(list(VALUES), len(VALUES))
        rule = self.deck.pop()
        (value,) = set(VALUES[rule]) - {self.rules[rule]}
        self._set(rule, value)
        return f"{rule} is {value}"

    def _give_way(self) -> str:
        for rule, (passes, _) in VALUES.items():
            if rule.startswith("most"):
                self._set(rule, passes)
        return "all limits give way"

    def _edit_two(self) -> str:
        return f"{self._edit()} and {self._edit()}"

    def _arrive(self, fruit: int | None = None) -> str:
        fruit = fruit or max(self.fruits) + 1
        rows = pa.table({"order_id": [fruit], "date": [date(2025, 4, 1)]})
        place = self.lake.settings.location("bronze", "orders")
        write_deltalake(place, rows, mode="append", schema_mode="merge")
        self.fruits.append(fruit)
        return f"fruit {fruit} arrives"

    def _build_a_part(self) -> str:
        part = self.random.choice(PARTS)
        result = self._build("--select", part)
        # What is published is judged after the whole build that follows.
        if result.published:
            self.published = {name: self.lake.query(sql) for name, sql in TABLES.items()}
        return f"build {part}"

    def _restore(self) -> str:
        run_id = self.random.choice(list(self.runs))
        restore(self.lake.settings, run_id, lambda: NOW, dry_run=False)
        self.fruits = list(self.runs[run_id])
        self.published = {name: self.lake.query(sql) for name, sql in TABLES.items()}
        return f"restore {list(self.runs).index(run_id)}"

    def _maintain(self) -> str:
        maintain(self.lake.settings, 7, lambda: NOW, dry_run=False)
        return "maintain"

    def _meddle(self) -> str:
        layer, name = self.random.choice((("silver", "fruits"), ("gold", "juices")))
        table = DeltaTable(self.lake.settings.location(layer, name))
        if self.random.random() < 0.5:
            table.optimize.compact()
            return f"somebody compacts {name}"
        table.delete("fruit_id = 1")
        return f"somebody deletes from {name}"

    def _set(self, rule: str, value: int) -> None:
        self.rules[rule] = value
        if rule == "sugar":
            path = self.project / "dbt_project.yml"
            lines = [one for one in path.read_text().splitlines() if "sugar:" not in one]
            lines.insert(lines.index("vars:") + 1, f"  sugar: {value}")
            path.write_text("\n".join(lines))
        else:
            file, text = RULES[rule]
            self._write(file, dedent(text).format(**{rule: value}))

    def _write(self, name: str, text: str) -> None:
        write_files(self.project, {name: text})
