"""What a run prints at its end: a table of layers, what was refused and why, what to do next."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import date

import duckdb
from rich.console import Console
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from ingestion.completeness import missing_in_words
from ingestion.ingest import Report
from ingestion.ledger import LedgerRow, Status
from ingestion.moves import moves_in_words
from ingestion.settings import Settings
from ingestion.tables import TABLES
from ingestion.visible import visible
from orchestration.project.silver import tables_built_by_day
from orchestration.state.delta_reader import connect
from orchestration.state.results import NodeResult, RunResult, Tests
from orchestration.state.test_failures import failing_row_texts

_TOP = 3
# Of one kind; the rest is counted.
_LINES = 10
# A row of gold is long; what is wrong with it and its key stand first.
_GOLD_TO_SHOW = "daily_sales"


def print_summary(console: Console, settings: Settings, result: RunResult) -> None:
    """Print the end of a run."""
    connection = connect(settings)
    console.print(_layers(connection, result))
    if result.report:
        _print_report(console, result.report)
    if result.unchanged_since:
        console.print(
            f"nothing new: silver and gold stay as run {result.unchanged_since} built and tested"
            " them; `--full-refresh` builds them anew",
            soft_wrap=True,
        )
    _print_replaced_days(console, result)
    found = failing_row_texts(connection, result.run_id, result.results)
    print_nodes(console, result.results, found)
    seconds = ", ".join(f"{step} {took:.0f} s" for step, took in result.seconds.items())
    console.print(f"run {result.run_id}: {seconds}", style="dim", soft_wrap=True)
    for line in _next_steps(settings, result):
        console.print(line, markup=False, soft_wrap=True)


def _layers(connection: duckdb.DuckDBPyConnection, result: RunResult) -> Table:
    table = Table(title="Lakehouse", title_justify="left", box=None, pad_edge=False)
    for heading in ("layer", "table"):
        table.add_column(heading)
    for heading in ("read", "loaded", "rejected", "tests", "seconds"):
        table.add_column(heading, justify="right")
    table.add_column("top reasons")
    if result.report:
        for name in TABLES:
            table.add_row("bronze", name, *_bronze(result, name))
    built = {node.table: node for node in result.results if node.kind == "model"}
    for layer in ("silver", "gold"):
        for name in _names(connection, layer):
            table.add_row(layer, name, *_model(connection, layer, name, built, result.results))
    return table


def _bronze(result: RunResult, name: str) -> list[str | Text]:
    assert result.report is not None
    rows = [row for row in result.report.rows if row.table_name == name]
    counts = (
        sum(row.records_read for row in rows),
        sum(row.records_loaded for row in rows),
        sum(row.records_rejected for row in rows),
    )
    tests = _tests(result.results, name, "source")
    reasons = result.report.reasons.get(name, Counter()).most_common()
    return [*(f"{count:,}" for count in counts), *tests, "", _reasons(reasons)]


def _names(connection: duckdb.DuckDBPyConnection, layer: str) -> list[str]:
    query = (
        "select table_name from information_schema.tables where table_schema = ?"
        " and not ends_with(table_name, '_rejected') and not ends_with(table_name, '_superseded')"
        " and table_name not in ('department_aliases', 'segment_rules') order by 1"
    )
    return [name for (name,) in connection.execute(query, [layer]).fetchall()]


def _model(
    connection: duckdb.DuckDBPyConnection,
    layer: str,
    name: str,
    built: dict[str | None, NodeResult],
    results: Sequence[NodeResult],
) -> list[str | Text]:
    (rows,) = connection.execute(f'select count(*) from {layer}."{name}"').fetchone() or (0,)
    read = rejected = reasons = ""
    if layer == "silver" and name in TABLES:
        (read_count,) = connection.execute(f'select count(*) from bronze."{name}"').fetchone() or (
            0,
        )
        top = connection.execute(
            "select reason, count(*)"
            f' from (select unnest(reasons) as reason from silver."{name}_rejected")'
            " group by reason order by 2 desc, 1"
        ).fetchall()
        (refused,) = connection.execute(
            f'select count(*) from silver."{name}_rejected"'
        ).fetchone() or (0,)
        read, rejected, reasons = f"{read_count:,}", f"{refused:,}", _reasons(top)
    node = built.get(f"{layer}.{name}")
    seconds = f"{node.seconds:.1f}" if node else ""
    return [read, f"{rows:,}", rejected, *_tests(results, name, layer), seconds, reasons]


def _tests(results: Sequence[NodeResult], name: str, layer: str) -> list[str | Text]:
    wanted = f"bronze.{name}" if layer == "source" else name
    of_table = [node for node in results if node.is_test and node.table == wanted]
    if not of_table:
        return [""]
    tests = Tests.among(of_table)
    words = [f"{tests.passed} ok"]
    words += [f"{tests.failed} failed"] * bool(tests.failed)
    words += [f"{tests.warned} warn"] * bool(tests.warned)
    style = "red" if tests.failed else "yellow" if tests.warned else "green"
    return [Text(", ".join(words), style=style)]


def _reasons(top: Sequence[tuple[str, int]]) -> str:
    return ", ".join(f"{reason} {count:,}" for reason, count in top[:_TOP])


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


def print_nodes(
    console: Console, results: Sequence[NodeResult], found: Mapping[str, Sequence[str]]
) -> None:
    """Print the nodes that failed, with what dbt or the engine says, and the tests that warn.

    Args:
        console: Where to.
        results: All nodes.
        found: By the name of a test, in words, what it found.
    """
    for node in results:
        if node.is_bad:
            console.print(
                f"[red]{node.status}[/] {node.kind} {node.name} ({node.file})", soft_wrap=True
            )
            console.print(f"  {node.message}", markup=False, highlight=False, soft_wrap=True)
        elif node.status == "warn":
            rows = "1 row" if node.failures == 1 else f"{node.failures:,} rows"
            console.print(f"[yellow]warn[/] {escape(node.name)}: {rows}", soft_wrap=True)
        for row in found.get(node.name, ()):
            console.print(f"  {row}", markup=False, highlight=False, soft_wrap=True)


def _next_steps(settings: Settings, result: RunResult) -> list[str]:
    if any(node.is_bad for node in result.results):
        return [
            "Some of it failed; the tables that depend on it were left as they were."
            f" Failing rows are in ops.test_failures, the log is {settings.log_folder}/dbt/dbt.log."
            " Fix it and run again."
        ]
    steps = []
    if result.report and result.report.quarantined:
        steps.append("Correct the quarantined files and run again; nothing else waits for them.")
    if result.report and any(file.state == "missing" for file in result.report.missing):
        steps.append("Add the missing files to the raw folder and run again.")
    if result.results:
        steps.append(
            f"Look next: {settings.location('gold', _GOLD_TO_SHOW)}, or `lakehouse status`."
        )
    return steps
