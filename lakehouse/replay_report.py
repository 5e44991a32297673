"""What `lakehouse replay` prints: file by file what is repaired, what stays, and why."""

from __future__ import annotations

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from ingestion.replay import Finding, Outcome
from ingestion.replay.rereading import Tally
from ingestion.visible import visible
from orchestration.upkeep.replay import Replay

_WOULD = {Outcome.LOADED: "would be loaded", Outcome.REPAIRED: "would be repaired"}
_DID = {Outcome.LOADED: "loaded", Outcome.REPAIRED: "repaired"}
_TOP = 3


def print_replay(console: Console, done: Replay, *, dry_run: bool) -> None:
    """Print what was found, what was or would be done with it, and what to do next."""
    if not done.review.findings:
        console.print("Bronze has refused nothing that could be read again.")
    else:
        console.print(_findings(done.review.findings, _WOULD if dry_run else _DID))
    gained = sum(finding.gained for finding in done.review.repairs)
    if dry_run:
        console.print(
            f"{gained:,} records would be repaired, nothing was written."
            + (" Do it with `lakehouse replay`." if done.is_needed else " There is nothing to do."),
            highlight=False,
        )
        if done.is_needed:
            console.print(
                f"Silver would be built, and judge {done.judged_again:,} rows again that it refuses"
                " or lets wait.",
                highlight=False,
            )
        return
    if not done.is_needed:
        console.print("Nothing can be repaired by today's rules, and nothing was written.")
        return
    for (table, reason), count in sorted(done.healed.items()):
        console.print(f"healed in silver.{table}: {reason} {count:,}", highlight=False)
    console.print(
        f"{gained:,} records repaired in bronze, {sum(done.healed.values()):,} reasons healed in"
        f" silver, by run {done.result.run_id}",
        highlight=False,
        soft_wrap=True,
    )
    for node in done.result.results:
        if node.is_bad:
            console.print(f"[red]failed[/] {escape(node.name)}: {escape(node.message)}")


def _findings(findings: list[Finding], words: dict[Outcome, str]) -> Table:
    table = Table(title="Read again", title_justify="left", box=None, pad_edge=False)
    table.add_column("file")
    for heading in ("refused", "repaired", "left"):
        table.add_column(heading, justify="right")
    for heading in ("outcome", "reasons", "note"):
        table.add_column(heading)
    for finding in findings:
        table.add_row(
            escape(visible(finding.row.source_file)),
            f"{finding.row.records_rejected:,}",
            f"{finding.gained:,}",
            f"{finding.after.records_rejected:,}",
            words.get(finding.outcome, finding.outcome.value),
            _reasons(finding.tally),
            escape(visible(finding.note)),
        )
    return table


def _reasons(tally: Tally) -> str:
    """The reasons of its records, the most frequent first, and how many have it no more."""
    top = sorted(tally.rejected.items(), key=lambda item: (-item[1], item[0]))[:_TOP]
    return ", ".join(
        f"{reason} {count:,}"
        + (f" ({repaired:,} repaired)" if (repaired := tally.repaired.get(reason, 0)) else "")
        for reason, count in top
    )
