"""Replay: what bronze refused, read again with today's rules.

Data flow: ledger + raw files -> candidates -> read again -> findings -> bronze, rejects, ledger

`review` finds out and writes nothing; `repair` writes what it found. Nothing that is loaded is ever
taken away, and nothing is written where nothing is repaired.
"""

from ingestion.replay.findings import Finding, Outcome, Review
from ingestion.replay.repair import repair
from ingestion.replay.review import review

__all__ = ["Finding", "Outcome", "Review", "repair", "review"]
