"""What a run comes to, in a line, and what to do next.

Data flow: result of a run -> its verdict -> next steps
"""

from __future__ import annotations

import shlex
from collections.abc import Sequence

from ingestion.settings import Settings
from ingestion.visible import some, visible
from orchestration.state.results import EXIT_WELL, NodeInputs, RunResult

_TOP = 3


def verdict(result: RunResult) -> str:
    """How the run ended, in a line: its status, as in `lakehouse runs`, and what it rests on."""
    totals = result.totals
    failed = [f"{node.kind} {node.name}" for node in result.results if node.is_bad]
    skipped = sum(node.status == "skipped" for node in result.results)
    counts = (
        (skipped, counted(skipped, "node") + " that depend on it skipped"),
        (totals.files_quarantined, counted(totals.files_quarantined, "file") + " in quarantine"),
        (totals.files_missing, counted(totals.files_missing, "file") + " missing"),
        (totals.files_loaded, counted(totals.files_loaded, "file") + " loaded"),
        (totals.models_built, counted(totals.models_built, "table") + " built"),
        (totals.tests_passed, counted(totals.tests_passed, "test") + " passed"),
        (totals.tests_warned, counted(totals.tests_warned, "test") + " warned"),
        (len(result.unchanged), tables_and_tests(result.unchanged) + " left as they are"),
    )
    words = [f"{some(failed, _TOP)} failed"] * bool(failed)
    words += [said for count, said in counts if count]
    return f"{result.status}: {', '.join(words) or 'nothing new'}"


def verdict_with_cure(settings: Settings, result: RunResult) -> str:
    """All that a quiet run says of gaps, in one line, as for a mail of cron."""
    places = f"--root {shlex.quote(settings.root)} --raw {shlex.quote(settings.raw)}"
    return visible(f"{verdict(result)}; `lakehouse status {places}` lists what is not loaded")


def next_steps(settings: Settings, result: RunResult) -> list[str]:
    """What a person may do next, a sentence or two of each."""
    place = f"--root {shlex.quote(settings.root)}"
    there = f"--workspace {result.workspace} {place}"
    if any(node.is_bad for node in result.results):
        where = (
            "Nothing was published, so everybody reads what they read before. What was built is in"
            f" the workspace {result.workspace}: `lakehouse query {there}`."
            if result.workspace
            else "The tables that depend on it were left as they were."
        )
        return [
            f"{where} Failing rows are in ops.test_failures, the log is"
            f" {settings.log_folder}/dbt/dbt.log. Fix it and run again."
        ]
    if result.workspace:
        return [
            *_left_out(result.untested),
            f"Nothing was published: what was built is in the workspace {result.workspace}."
            f" `lakehouse publish {there}` tests and publishes it.",
        ]
    steps = []
    if result.report and result.report.quarantined:
        steps.append("Correct the quarantined files and run again; nothing else waits for them.")
    if result.report and any(file.state == "missing" for file in result.report.missing):
        steps.append("Add the missing files to the raw folder and run again.")
    if result.results or result.unchanged or result.unchanged_since:
        steps.append(f"Next: `lakehouse report {place}` writes a page of what the tables say.")
    elif result.report and result.exit_code == EXIT_WELL:
        steps.append(f"Next: `lakehouse build {place}` builds silver and gold.")
    return steps


def _left_out(tests: Sequence[str]) -> list[str]:
    return [f"Left out: {counted(len(tests), 'test')}, {some(tests, _TOP)}."] if tests else []


def tables_and_tests(unchanged: Sequence[NodeInputs]) -> str:
    """How many tables and how many tests, in words."""
    tests = sum(node.is_test for node in unchanged)
    counts = ((len(unchanged) - tests, "table"), (tests, "test"))
    return " and ".join(counted(count, what) for count, what in counts if count)


def counted(count: int, what: str) -> str:
    """A number of things in words."""
    return f"{count:,} {what}" if count == 1 else f"{count:,} {what}s"
