"""A build that names what is not there fails before it builds anything."""

from __future__ import annotations

import re

import pytest
from dbt.contracts.graph.manifest import Manifest

from ingestion.errors import LakehouseError
from ingestion.settings import Settings
from orchestration.pipeline.dbt import artifacts_folder, invoke_dbt
from orchestration.pipeline.selection import (
    compares_states,
    require_known_vars,
    require_options,
    selects_nothing,
)


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return Settings.read(root=str(tmp_path_factory.mktemp("lake")), environment={})


@pytest.fixture(scope="module")
def manifest(settings: Settings) -> Manifest:
    """The project as dbt reads it."""
    parsed: Manifest = invoke_dbt(settings, "run", ["parse"])
    return parsed


@pytest.mark.parametrize(
    ("criterion", "problem"),
    [
        ("daily_salse", "of the name 'daily_salse'; .* Did you mean daily_sales"),
        ("2+daily_salse+", "Did you mean daily_sales"),
        ("gold+typo", "of the name 'gold\\+typo'; .* Did you mean gold?"),
        ("glod", "Did you mean gold?"),
        ("assert_scores_are_monotonc", "Did you mean assert_scores_are_monotonic?"),
        ("orders,tag:memory_intensve", "'orders,tag:mem.* Did you mean memory_intensive?"),
        ("path:models/glod", "Did you mean models/gold?"),
        ("models/gold/daily_salse.sql", "Did you mean models/gold/daily_sales.sql "),
        ("daily_salse.sql", "Did you mean daily_sales.sql "),
        ("source:bronze.ordres", "Did you mean bronze.orders "),
        ("test_name:uniqe", "Did you mean unique"),
    ],
)
def test_a_name_that_nothing_has_is_reported_with_the_ones_close_to_it(
    manifest: Manifest, criterion: str, problem: str
) -> None:
    error = selects_nothing(criterion, manifest)
    assert re.search(problem, error.problem)
    assert "nothing was built" in error.problem


def test_a_name_that_is_close_to_none_is_reported_with_all(manifest: Manifest) -> None:
    error = selects_nothing("tag:nothing", manifest)
    assert error.problem == "'tag:nothing' selects nothing of this project; nothing was built."
    assert error.next_step == "`tag:` can name memory_intensive."


@pytest.mark.parametrize(
    "arguments",
    [
        ["--select", "daily_sales", "ordres"],
        ["--select", "orders", "--exclude", "ordres"],
    ],
)
def test_one_wrong_name_among_right_ones_is_reported(
    settings: Settings, manifest: Manifest, arguments: list[str]
) -> None:
    with pytest.raises(LakehouseError, match=r"of the name 'ordres'; .* Did you mean orders"):
        invoke_dbt(settings, "run", ["ls", *arguments], manifest=manifest)


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (["--select", "tga:x"], "'tga' is not a valid method name"),
        (["--selct", "orders"], "No such option '--selct'"),
    ],
)
def test_a_wrong_argument_is_no_fault_of_a_file(
    settings: Settings, manifest: Manifest, arguments: list[str], problem: str
) -> None:
    with pytest.raises(LakehouseError, match=problem) as raised:
        invoke_dbt(settings, "run", ["ls", *arguments], manifest=manifest)
    assert raised.value.next_step.startswith("`dbt build --help` lists")


def test_a_state_may_hold_no_difference(settings: Settings, manifest: Manifest) -> None:
    state = ["--state", str(artifacts_folder(settings))]
    arguments = ["ls", "--select", "state:new", *state]
    assert invoke_dbt(settings, "run", arguments, manifest=manifest) == []


@pytest.mark.parametrize("criterion", ["state:modified+", "orders,+state:new", "1+result:error"])
def test_only_what_compares_states_may_select_nothing(criterion: str) -> None:
    assert compares_states(criterion)
    assert not compares_states("estate:modified statement path:state")


def test_a_name_without_an_option_is_refused_with_the_command_meant() -> None:
    with pytest.raises(LakehouseError, match="lakehouse build --select orders"):
        require_options(["orders"])
    require_options(["--select", "orders"])


@pytest.mark.parametrize(
    "arguments",
    [
        ["--vars", "{as_of_dat: 2025-04-10}"],
        ["--select", "orders", "--vars", "as_of_dat: 2025-04-10"],
        ['--vars={"anomaly_days": 1, "as_of_dat": "2025-04-10"}'],
    ],
)
def test_a_var_that_no_model_reads_is_refused_with_the_one_meant(arguments: list[str]) -> None:
    with pytest.raises(LakehouseError, match=r"no var 'as_of_dat' in .* Did you mean as_of_date?"):
        require_known_vars(arguments)


def test_declared_vars_pass_and_what_is_no_map_is_left_to_dbt() -> None:
    require_known_vars(["--vars", '{anomaly_days: 1, as_of_date: "2025-04-10"}', "--select", "a"])
    require_known_vars(["--vars", "{}"])
    require_known_vars(["--vars", "7"])
    require_known_vars(["--vars", "{open"])
