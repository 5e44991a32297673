"""What a run prints at its end: tables touched, what is wrong and why; then its verdict."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date

from rich.console import Console
from rich.markup import escape
from rich.text import Text

from ingestion.completeness import missing_in_words
from ingestion.errors import LakehouseError
from ingestion.ingest import Report
from ingestion.ledger import LedgerRow, Status
from ingestion.moves import moves_in_words
from ingestion.settings import Settings
from ingestion.tables import TABLES
from ingestion.visible import visible
from orchestration.pipeline.layer_table import layer_table
from orchestration.pipeline.verdict import counted, next_steps, tables_and_tests, verdict
from orchestration.project.silver import tables_built_by_day
from orchestration.state.delta_reader import connect
from orchestration.state.results import (
    EXIT_FAILED,
    EXIT_INCOMPLETE,
    EXIT_WELL,
    RunResult,
)
from orchestration.state.test_failures import Found, counts_of, rows_found, warned_in

_TOP = 3
# Of one kind; the rest is counted.
_LINES = 10
_STYLES = {EXIT_WELL: "bold green", EXIT_FAILED: "bold red", EXIT_INCOMPLETE: "bold yellow"}


def print_summary(
    console: Console, settings: Settings, result: RunResult, *, with_known: bool = False
) -> None:
    """Print the end of a run: what was touched, what is wrong, the verdict, what to do next.

    Args:
        console: Where to.
        settings: The root.
        result: Of the run.
        with_known: Show the rows of known warnings, too.

    Raises:
        LakehouseError: A table is damaged, which is said after what failed in the run.
    """
    try:
        connection = connect(replace(settings, workspace=result.workspace or ""))
    except LakehouseError:
        print_failures(console, result, {})
        raise
    table = layer_table(connection, result)
    if table.row_count:
        console.print(table)
    if result.report:
        _print_report(console, result.report)
    if result.unchanged_since:
        console.print(
            f"nothing new: silver and gold stay as run {result.unchanged_since} built and tested"
            " them; `--full-refresh` builds them anew",
            soft_wrap=True,
        )
    if result.unchanged:
        console.print(
            f"left as they are: {tables_and_tests(result.unchanged)}, as nothing they depend on has"
            " changed; `--full-refresh` builds and tests everything",
            soft_wrap=True,
        )
    _print_replaced_days(console, result)
    tested_by = result.unchanged_since or result.run_id
    warned = rows_found(connection, tested_by, warned_in(connection, tested_by))
    print_warnings(console, warned, is_new=not result.unchanged_since, with_known=with_known)
    print_failures(console, result, rows_found(connection, result.run_id, _failed(result)))
    seconds = ", ".join(f"{step} {took:.0f} s" for step, took in result.seconds.items())
    console.print(f"run {result.run_id}: {seconds}", style="dim", soft_wrap=True)
    console.print(Text(verdict(result), style=_STYLES[result.exit_code]), soft_wrap=True)
    for line in next_steps(settings, result):
        console.print(line, markup=False, highlight=False, soft_wrap=True)


def _print_report(console: Console, report: Report) -> None:
    _print_some(console, "[yellow]quarantined[/]", _with_reasons(report.quarantined))
    examples = [
        f"{table} {code} {report.reasons[table][code]:,}, such as {example}"
        for (table, code), example in sorted(report.examples.items())
    ]
    _print_some(console, "[dim]rejected[/]", examples)
    _print_some(
        console,
        "[dim]duplicate[/]",
        _with_reasons(row for row in report.rows if row.status == Status.DUPLICATE),
    )
    _print_some(
        console, "[dim]loaded[/]", _with_reasons(row for row in report.loaded if row.reason)
    )
    erased = sum(row.records_erased for row in report.rows)
    if erased:
        console.print(f"[dim]left out[/] {erased:,} records of people who were erased")
    for line in moves_in_words(report.plan, report.rows):
        console.print(f"[dim]loaded[/] {escape(visible(line))}", soft_wrap=True)
    _print_some(console, "[yellow]missing[/]", missing_in_words(report.missing))


def _with_reasons(rows: Iterable[LedgerRow]) -> list[str]:
    return [f"{row.source_file}: {row.reason}" for row in rows]


def _print_some(console: Console, what: str, lines: Sequence[str]) -> None:
    for line in lines[:_LINES]:
        console.print(f"{what} {escape(visible(line))}", soft_wrap=True)
    if len(lines) > _LINES:
        more = f"{len(lines) - _LINES:,} more; `lakehouse status` counts them"
        console.print(f"{what} {more}", soft_wrap=True)


def _print_replaced_days(console: Console, result: RunResult) -> None:
    """Say which days of silver were built, which is what a run costs."""
    built = {node.table for node in result.results if node.status == "success"}
    by_day = tables_built_by_day()
    words = [
        f"{table} {_days(result.affected_days[table] if result.affected_days else None)}"
        for table in TABLES
        if f"silver.{table}" in built and table in by_day
    ]
    if words:
        console.print(f"days of silver built: {'; '.join(words)}", highlight=False, soft_wrap=True)


def _days(days: Sequence[date] | None) -> str:
    if days is None:
        return "all"
    if len(days) <= _TOP:
        return ", ".join(str(day) for day in days) or "none"
    return f"{len(days):,} from {days[0]} to {days[-1]}"


def _failed(result: RunResult) -> list[tuple[str, int]]:
    return counts_of([node for node in result.results if node.is_bad])


def print_failures(console: Console, result: RunResult, found: Mapping[str, Found]) -> None:
    """Print the nodes that failed, with what dbt or the engine says, and what tests found.

    Args:
        console: Where to.
        result: Of the run.
        found: By the name of a test.
    """
    failed = [node for node in result.results if node.is_bad]
    for node in failed[:_LINES]:
        console.print(
            f"[red]{node.status}[/] {node.kind} {node.name} ({node.file})", soft_wrap=True
        )
        rows = found[node.name].texts if node.name in found else ()
        for line in (*node.message.split("\n"), *rows):
            text = f"  {visible(line)}"
            console.print(text, markup=False, highlight=False, soft_wrap=True)
    if len(failed) > _LINES:
        console.print(f"[red]and {len(failed) - _LINES:,} more[/] that failed", soft_wrap=True)


def print_warnings(
    console: Console, found: Mapping[str, Found], *, is_new: bool, with_known: bool
) -> None:
    """Print what tests warn of that the run before did not know, and count the rest.

    Args:
        console: Where to.
        found: By the name of a test that warned.
        is_new: The tests ran in this run.
        with_known: Show the rows of known warnings, too.
    """
    known = []
    for name, what in sorted(found.items()):
        new = what.new if is_new else 0
        if not new and not with_known:
            known.append(what.count)
            continue
        rows = counted(what.count, "row") if new in (0, what.count) else f"{what.count:,} rows"
        some = f"{new:,} new of {rows}" if 0 < new < what.count else rows
        console.print(f"[yellow]warn[/] {escape(name)}: {some}", soft_wrap=True)
        for row in what.texts:
            text = f"  {visible(row)}"
            console.print(text, markup=False, highlight=False, soft_wrap=True)
    if known:
        counts = f"{counted(len(known), 'test')}, {counted(sum(known), 'row')}"
        console.print(
            f"[yellow]known warnings[/] {counts}, as in the run before;"
            " `lakehouse run --warnings` lists them",
            soft_wrap=True,
        )
