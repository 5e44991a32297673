"""Synthetic raw files in the shape of the real ones, with defects on purpose and a list of them.

Data flow: plan -> clean shop -> placed defects -> raw/ files + raw/manifest.json

The real data is clean, so every reject, gap and drift that the pipeline must survive comes from
here. The manifest says exactly what was spoilt and what the pipeline is expected to make of it.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from lakehouse.generate.manifest import Injected, Manifest
from lakehouse.generate.plan import Plan, PlanError, default_shares, shares_of
from lakehouse.generate.registry import DEFECTS, Defect, Level, Outcome

__all__ = [
    "DEFECTS",
    "Defect",
    "Injected",
    "Level",
    "Manifest",
    "Outcome",
    "Plan",
    "PlanError",
    "default_shares",
    "generate",
    "shares_of",
]


def generate(raw: Path, plan: Plan, on_file: Callable[[str], None] = lambda _: None) -> Manifest:
    """As in `run`, imported when it is called: every command's --help reads this package."""
    from lakehouse.generate.run import generate as write

    return write(raw, plan, on_file)
