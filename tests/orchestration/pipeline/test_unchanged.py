"""What a build of everything leaves as it is, on a project of two tables: fruits, and juices."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from textwrap import dedent

import pytest
from deltalake import DeltaTable

from orchestration.pipeline.unchanged import reasons
from orchestration.state.build_cache import BuiltNodes
from orchestration.state.results import EXIT_FAILED, EXIT_WELL, NodeInputs, RunResult
from orchestration.state.versions import TableVersion
from orchestration.upkeep.maintain import maintain
from orchestration.upkeep.restore import restore
from tests.lake import Lakehouse
from tests.orchestration.pipeline.test_build import FRUITS, JUICES, build, juices, project, shop

__all__ = ["project", "shop"]

ALL = {"fruits", "juices", "assert_fruits", "assert_juices", "assert_warned"}


def done(result: RunResult) -> set[str]:
    """Names of all that was built or run; with what was left they are all."""
    assert result.exit_code == EXIT_WELL, [node.message for node in result.results]
    names = {node.name for node in result.results}
    assert names | {node.name for node in result.unchanged} == ALL
    return names


def write(project: Path, name: str, text: str) -> None:
    (project / name).parent.mkdir(parents=True, exist_ok=True)
    (project / name).write_text(dedent(text))


def test_an_edit_builds_its_model_and_what_reads_that_and_runs_their_tests(
    shop: Lakehouse, project: Path
) -> None:
    first = build(shop)
    assert done(first) == ALL
    write(project, JUICES, (project / JUICES).read_text() + "union all select 5 as juice_id")
    second = build(shop)
    assert done(second) == {"juices", "assert_juices", "assert_warned"}
    assert second.published == ["gold.juices"]
    assert sorted(juices(shop)) == [1, 5]
    write(project, FRUITS, "select 2 as fruit_id")
    assert done(build(shop)) == ALL
    assert sorted(juices(shop)) == [2, 5]
    left = "select test_name, status from ops.test_results where run_id = '{}' order by all"
    assert shop.query(left.format(second.run_id)) == [
        *(("assert_fruits", "unchanged"), ("assert_juices", "pass"), ("assert_warned", "warn")),
    ]


def test_an_edit_of_a_test_runs_that_alone_and_finds_what_it_finds(
    shop: Lakehouse, project: Path
) -> None:
    """A test that warns runs each time: a warning stays in sight."""
    build(shop)
    write(project, "tests/dbt/assert_fruits.sql", "select * from {{ ref('fruits') }} where true")
    failed = build(shop)
    assert failed.exit_code == EXIT_FAILED
    # dbt skips what stands behind a failed test, as it does in a build that leaves nothing.
    assert {node.name: node.status for node in failed.results} == {
        "assert_fruits": "fail",
        "assert_warned": "skipped",
    }
    again = build(shop)  # nothing of a failed build counts as passed
    assert (again.exit_code, len(again.unchanged)) == (EXIT_FAILED, 3)


def test_everything_is_left_where_only_words_for_people_have_changed(
    shop: Lakehouse, project: Path
) -> None:
    write(project, "tests/dbt/assert_warned.sql", "select * from {{ ref('juices') }} where false")
    build(shop)
    write(project, "models/gold/juices.yml", "models: [{name: juices, description: Of fruits.}]")
    run = build(shop)
    assert (run.results, len(run.unchanged), run.published) == ([], 5, [])
    assert build(shop).unchanged_since == run.run_id


def test_a_full_refresh_does_everything(shop: Lakehouse) -> None:
    build(shop)
    assert done(build(shop, "--full-refresh")) == ALL


def test_a_macro_counts_for_the_models_that_use_it(shop: Lakehouse, project: Path) -> None:
    write(project, "macros/squeeze.sql", "{% macro squeeze() %}1{% endmacro %}")
    write(
        project,
        JUICES,
        """
        {{ config(contract={'enforced': false}) }}
        select fruit_id * {{ squeeze() }} as juice_id from {{ ref('fruits') }}
        """,
    )
    build(shop)
    write(project, "macros/squeeze.sql", "{% macro squeeze() %}3{% endmacro %}")
    assert done(build(shop)) == {"juices", "assert_juices", "assert_warned"}
    assert juices(shop) == [3]


def test_a_table_that_somebody_has_written_is_built_anew_with_its_readers(shop: Lakehouse) -> None:
    build(shop)
    DeltaTable(shop.settings.location("silver", "fruits")).delete()
    assert done(build(shop)) == ALL
    assert juices(shop) == [1]


def test_a_build_of_some_models_leaves_only_what_it_has_not_moved(
    shop: Lakehouse, project: Path
) -> None:
    build(shop)
    write(project, FRUITS, "select 3 as fruit_id")
    build(shop, "--select", "fruits")
    write(project, FRUITS, "select 1 as fruit_id")
    assert done(build(shop)) == ALL
    assert juices(shop) == [1]


def test_a_restore_and_a_maintenance_know_what_they_have_moved(
    shop: Lakehouse, project: Path
) -> None:
    write(project, FRUITS, "select explode(sequence(1, 3)) as fruit_id")
    first = build(shop)
    sql = (project / JUICES).read_text()
    write(project, JUICES, sql + "where fruit_id > 1")
    build(shop)
    now = datetime.now(UTC)
    restore(shop.settings, first.run_id, lambda: now, dry_run=False)
    maintain(shop.settings, 7, lambda: now, dry_run=False)
    assert done(build(shop)) == {"juices", "assert_juices", "assert_warned"}
    assert sorted(juices(shop)) == [2, 3]


def node(name: str, *reads: str, kind: str = "model", fingerprint: str = "f") -> NodeInputs:
    return NodeInputs(f"{kind}.p.{name}", kind, f"gold.{name}", (), fingerprint, reads)


@pytest.mark.parametrize(
    ("now", "moving", "left"),
    [
        ({}, (), {"a", "b", "c", "t"}),
        ({"gold.a": 2}, (), set()),
        ({"gold.b": 2}, (), {"a"}),
        ({"gold.c": 2}, (), {"a", "b", "t"}),
        ({"bronze.x": None}, (), set()),
        ({}, ("bronze.x",), set()),
        ({"bronze.other": 7}, ("bronze.other",), {"a", "b", "c", "t"}),
    ],
)
def test_what_reads_a_table_that_has_moved_or_is_built_is_not_left(
    now: dict[str, int | None], moving: tuple[str, ...], left: set[str]
) -> None:
    """x -> a -> b -> c, and t is a test of b; named in an order that nobody builds in."""
    nodes = [
        *(node("c", "gold.b"), node("t", "gold.b", kind="test")),
        *(node("b", "gold.a"), node("a", "bronze.x")),
    ]
    before = dict.fromkeys(("bronze.x", "gold.a", "gold.b", "gold.c"), 1)
    versions = [
        {name: TableVersion(number, "id") for name, number in numbers.items() if number}
        for numbers in (before, before | now)
    ]
    built = BuiltNodes({one.node: one for one in nodes}, versions[0])
    others = reasons(nodes, built, versions[1], moving)
    assert {one.name for one in nodes if one.node not in others} == left
    assert len(reasons(nodes, BuiltNodes({}, {}), versions[1])) == len(nodes)
