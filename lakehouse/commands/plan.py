"""`lakehouse plan`: what a run would do now."""

from __future__ import annotations

from datetime import UTC, datetime

from lakehouse.commands.options import Output, Raw, Root
from lakehouse.commands.places import settings_with_raw
from lakehouse.formats import Format
from orchestration.pipeline.console import new_console


def plan(raw: Raw = None, root: Root = None, output: Output = Format.TABLE) -> None:
    """Show what a run would load, build, test and publish now, why, and how long it may take.

    It only reads: no engine is started, no lock is taken. For example: lakehouse plan --raw DIR
    """
    from lakehouse.plan.page import plan_page

    settings = settings_with_raw(root, raw, None, is_quiet=True)
    plan_page(settings, datetime.now(UTC)).show(new_console(), output)
