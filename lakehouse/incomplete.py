"""What a quiet run says when it ends with 2: one line, for a mail of cron."""

from __future__ import annotations

from shlex import quote

from ingestion.settings import Settings
from ingestion.visible import visible
from orchestration.state.results import RunResult


def incomplete_in_words(settings: Settings, result: RunResult) -> str:
    """How much is not loaded, and the command that lists it; empty if nothing is."""
    report = result.report
    if report is None or report.is_complete:
        return ""
    counts = (
        (len(report.quarantined), "in quarantine"),
        (len(report.missing), "expected and not loaded"),
    )
    words = [f"{count:,} file{'s' * (count != 1)} {what}" for count, what in counts if count]
    places = f"--root {quote(settings.root)} --raw {quote(settings.raw)}"
    return visible(f"incomplete: {', '.join(words)}; `lakehouse status {places}` lists them")
