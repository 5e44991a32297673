"""`lakehouse replay`: a changed rule gives what it would have given from the start."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console

from ingestion.errors import LakehouseError
from ingestion.settings import Settings
from lakehouse.replay_report import print_replay
from orchestration.pipeline.progress import Display
from orchestration.pipeline.run import run
from orchestration.state.delta_reader import connect
from orchestration.state.results import EXIT_INCOMPLETE
from orchestration.state.versions import current_versions
from orchestration.upkeep.replay import replay
from tests.compare import assert_same_values, values_of
from tests.lake import WITHOUT_TESTS
from tests.one_door import written_past_publishing

PROJECT = Path(__file__).parents[3]
QUIET = Display(Console(), quiet=True)
# Of its 157 records 32 have no id: more than a tenth, less than 30 %.
FILE = "order_items/2025-04-11.csv"


def settings_of(root: Path, reject_limit: float) -> Settings:
    settings = Settings.read(root=str(root), raw=str(PROJECT / "sample"), environment={})
    return replace(settings, reject_limit=reject_limit)


@pytest.fixture(scope="module")
def strict(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """The sample, built with the default limit; the tests follow one another on it."""
    settings = settings_of(tmp_path_factory.mktemp("strict"), 0.1)
    run(settings, QUIET)
    return settings


@pytest.fixture(scope="module")
def lenient(strict: Settings) -> Settings:
    return replace(strict, reject_limit=0.3)


def test_a_dry_run_says_what_would_be_repaired_and_writes_nothing(lenient: Settings) -> None:
    before = current_versions(lenient)
    done = replay(lenient, QUIET, dry_run=True)
    assert [finding.row.source_file for finding in done.review.repairs] == [FILE]
    assert done.review.repairs[0].gained == 157 - 32
    console = Console(width=200, force_terminal=False)
    with console.capture() as capture:
        print_replay(console, done, dry_run=True)
    assert "125 records would be repaired, nothing was written" in capture.get()
    assert current_versions(lenient) == before


def test_without_a_new_rule_there_is_nothing_to_replay_and_no_commit(strict: Settings) -> None:
    before = current_versions(strict)
    done = replay(strict, QUIET, dry_run=False)
    assert (done.is_needed, done.review.repairs) == (False, [])
    assert current_versions(strict) == before


def test_a_replay_gives_what_the_rule_would_have_given_from_the_start(
    lenient: Settings, tmp_path: Path
) -> None:
    done = replay(lenient, QUIET, dry_run=False)
    assert done.exit_code == EXIT_INCOMPLETE  # other files stay in quarantine
    assert [node.name for node in done.result.results if node.is_bad] == []
    from_the_start = settings_of(tmp_path, 0.3)
    run(from_the_start, QUIET, build_arguments=WITHOUT_TESTS)
    assert_same_values(values_of(lenient), values_of(from_the_start))
    closed = "select count(*) from ops.rejected_records where source_file = ? and {}"
    connection = connect(lenient)
    counts = [
        connection.execute(closed.format(state), [FILE]).fetchone()
        for state in ("closed_batch_id is not null", "closed_batch_id is null")
    ]
    assert counts == [(125,), (32,)]
    assert written_past_publishing(Path(lenient.root)) == []
    again = current_versions(lenient)
    assert not replay(lenient, QUIET, dry_run=False).is_needed
    assert current_versions(lenient) == again


def test_a_wider_limit_of_silver_heals_what_lies_between(strict: Settings, project: Path) -> None:
    configured = project / "dbt_project.yml"
    text = configured.read_text()
    configured.write_text(text.replace("max_order_amount: 100000.00", "max_order_amount: 9000000"))
    done = replay(strict, QUIET, dry_run=False)
    assert done.healed["orders", "above:total_amount"] == 1
    assert done.result.affected_days is not None, "no more days than needed are built"


def test_a_root_without_a_lakehouse_says_what_to_run(tmp_path: Path) -> None:
    with pytest.raises(LakehouseError, match="There is no lakehouse"):
        replay(settings_of(tmp_path, 0.1), QUIET, dry_run=True)
