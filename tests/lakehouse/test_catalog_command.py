from __future__ import annotations

import sys
from collections.abc import Callable

import pytest

from ingestion.errors import LakehouseError
from lakehouse.cli import main
from orchestration.state.aws_clients import caller_account
from tests.orchestration.aws.catalog.conftest import ROOT, WORDS, Lake

Outcome = tuple[int, str, str]


@pytest.fixture
def catalog(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., Outcome]:
    """Runs `lakehouse catalog`, without the seconds that it takes to parse the project."""
    monkeypatch.setattr("orchestration.aws.catalog.described_project", lambda settings: WORDS)
    monkeypatch.delenv("LAKEHOUSE_DATABASE_PREFIX", raising=False)

    def run(*arguments: str) -> Outcome:
        monkeypatch.setattr(sys, "argv", ["lakehouse", "catalog", *arguments])
        with pytest.raises(SystemExit) as raised:
            main()
        shown = capsys.readouterr()
        return int(raised.value.code or 0), shown.out, shown.err

    return run


def test_drift_is_shown_as_a_table_and_ends_with_two(
    lake: Lake, catalog: Callable[..., Outcome]
) -> None:
    lake.create_databases()
    lake.write()
    code, shown, _ = catalog("check", "--target", "dev")
    assert code == 2
    heading, drift, repair = shown.splitlines()
    assert heading.split() == ["table", "difference", "detail"]
    assert " ".join(drift.split()) == "dev_silver.orders missing in the catalog"
    assert repair == "1 entry out of step. Repair: lakehouse catalog sync --target dev"


def test_after_the_repair_the_catalog_is_in_step(
    lake: Lake, catalog: Callable[..., Outcome]
) -> None:
    lake.write()
    code, shown, _ = catalog("sync", "--target", "dev")
    assert (code, shown.splitlines()[-1]) == (0, "5 entries repaired.")
    assert catalog("check", "--target", "dev") == (
        0,
        f"The catalog is in step with {ROOT}.\n",
        "",
    )
    code, shown, _ = catalog("sync", "--target", "dev")
    assert shown == f"The catalog was in step with {ROOT}; nothing was changed.\n"


def test_what_is_taken_out_of_the_catalog_is_named(
    lake: Lake, catalog: Callable[..., Outcome]
) -> None:
    lake.write()
    catalog("sync", "--target", "dev")
    lake.delete("silver/orders")
    shown = catalog("sync", "--target", "dev")[1]
    assert shown.endswith("Dropped, as their Delta logs are gone: dev_silver.orders.\n")


def test_the_environment_decides_the_prefix_whatever_a_variable_says(
    lake: Lake, catalog: Callable[..., Outcome], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LAKEHOUSE_DATABASE_PREFIX", "dev_")
    shown = catalog("check", "--target", "prod", "--root", ROOT)[1]
    databases = [line.split()[0] for line in shown.splitlines()[1:-1]]
    assert databases == ["bronze", "silver", "gold", "ops"]


def test_an_unknown_environment_is_refused(lake: Lake, catalog: Callable[..., Outcome]) -> None:
    code, _, error = catalog("check", "--target", "test")
    assert code == 1
    assert "There is no environment 'test'." in error


def test_without_credentials_it_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/nowhere")
    monkeypatch.setenv("AWS_CONFIG_FILE", "/nowhere")
    monkeypatch.setattr("boto3.DEFAULT_SESSION", None)
    with pytest.raises(LakehouseError, match=r"(?s)credentials.*Sign in to the account"):
        caller_account()
