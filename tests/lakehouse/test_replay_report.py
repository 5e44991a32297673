from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path

from rich.console import Console

from ingestion.ledger import LedgerRow, Status
from ingestion.replay import Finding, Outcome, Review
from ingestion.replay.rereading import Tally
from ingestion.settings import Settings
from lakehouse.replay_report import print_replay
from orchestration.pipeline.progress import Display
from orchestration.pipeline.run import run
from orchestration.state.delta_reader import connect
from orchestration.state.results import EXIT_INCOMPLETE, RunResult
from orchestration.upkeep.replay import Replay, replay
from tests.ingestion.ledgers import ledger_row
from tests.ingestion.replay.orders import HEADER, ONE, TWO, order
from tests.lake import WITHOUT_TESTS

QUIET = Display(Console(), quiet=True)


def version(status: Status, read: int, loaded: int) -> LedgerRow:
    row = ledger_row("orders/2025-04-01[1].csv", "a", status)
    return replace(
        row, records_read=read, records_loaded=loaded, records_rejected=read - loaded, reason="why"
    )


def shown(done: Replay, *, dry_run: bool = False) -> str:
    console = Console(width=200, force_terminal=False)
    with console.capture() as capture:
        print_replay(console, done, dry_run=dry_run)
    return " ".join(capture.get().split())


def of(*findings: Finding, is_needed: bool = True) -> Replay:
    return Replay(RunResult("run-1", "replay"), Review([], list(findings)), is_needed=is_needed)


UNREAD = Finding(
    version(Status.QUARANTINED, 0, 0), Outcome.LOADED, version(Status.LOADED, 9, 8), Tally()
)
REPAIRED = Finding(
    version(Status.LOADED, 9, 5),
    Outcome.REPAIRED,
    version(Status.LOADED, 9, 8),
    Tally({"type:date": 4, "missing:date": 1}, {"type:date": 3, "missing:date": 0}),
    "[a note]",
)
STAYS = Finding(
    version(Status.LOADED, 9, 8),
    Outcome.STAYS,
    version(Status.LOADED, 9, 8),
    Tally({"malformed": 1}),
)


def test_each_file_has_its_refused_repaired_and_left_records_with_reasons() -> None:
    text = shown(of(UNREAD, REPAIRED, STAYS))
    assert "orders/2025-04-01[1].csv 0 8 1 loaded" in text
    assert (
        "orders/2025-04-01[1].csv 4 3 1 repaired type:date 4 (3 repaired), missing:date 1 [a note]"
        in text
    )
    assert "orders/2025-04-01[1].csv 1 0 1 stays malformed 1" in text
    assert "11 records repaired in bronze, 0 reasons healed in silver, by run run-1" in text


def test_a_dry_run_says_what_would_be_done_and_how_to_do_it() -> None:
    done = of(REPAIRED, STAYS)
    done.judged_again = 12
    text = shown(done, dry_run=True)
    assert "4 3 1 would be repaired" in text
    assert "3 records would be repaired, nothing was written. Do it with `lakehouse replay`" in text
    assert "judge 12 rows again" in text


def test_a_replay_of_nothing_says_so() -> None:
    nothing = of(is_needed=False)
    assert shown(nothing, dry_run=True) == (
        "Bronze has refused nothing that could be read again."
        " 0 records would be repaired, nothing was written. There is nothing to do."
    )
    assert shown(nothing) == (
        "Bronze has refused nothing that could be read again."
        " Nothing can be repaired by today's rules, and nothing was written."
    )
    assert "Nothing can be repaired by today's rules" in shown(of(STAYS, is_needed=False))


def test_reasons_that_silver_has_dropped_are_counted() -> None:
    done = of()
    done.healed = Counter({("orders", "above:total_amount"): 2})
    assert "healed in silver.orders: above:total_amount 2" in shown(done)


def test_rows_of_a_replaced_version_vanish_and_are_not_called_healed_and_the_run_is_recorded(
    tmp_path: Path,
) -> None:
    settings = Settings(str(tmp_path / "root"), str(tmp_path / "raw"))
    far_too_dear = order(1, amount="99999999.00")
    write(settings, ONE, far_too_dear)
    write(settings, TWO, order(2, day=2))
    run(settings, QUIET, build_arguments=WITHOUT_TESTS)
    write(settings, ONE, order(3), order("x"))
    run(settings, QUIET, build_arguments=None)
    connection = connect(settings)
    assert connection.execute("select order_id from silver.orders_rejected").fetchall() == [(1,)]
    done = replay(replace(settings, reject_limit=0.5), QUIET, dry_run=False)
    connection = connect(settings)
    assert connection.execute("select order_id from silver.orders order by 1").fetchall() == [
        (2,),
        (3,),
    ]
    assert connection.execute("select order_id from silver.orders_rejected").fetchall() == []
    assert done.healed == Counter()
    assert done.exit_code == EXIT_INCOMPLETE  # there are no order lines and no products
    assert connection.execute(
        "select command, status, files_loaded, files_quarantined, records_loaded"
        f" from ops.runs where run_id = '{done.result.run_id}'"
    ).fetchall() == [("replay", "incomplete", 1, 0, 1)]


def write(settings: Settings, name: str, *lines: str) -> None:
    path = Path(settings.raw) / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(f"{line}\n" for line in [HEADER, *lines]))
