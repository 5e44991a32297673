"""`lakehouse generate`: synthetic raw files."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Table

from lakehouse.generate.registry import DEFECTS
from orchestration.pipeline.console import new_console


def defect_list() -> str:
    """What --defect may name, in Markdown, for the end of the help."""
    rows = "\n".join(
        f"- `{name}` {defect.description} → {defect.expected} (share of the {defect.level.value}s)"
        for name, defect in DEFECTS.items()
    )
    return f"Defects for --defect NAME=SHARE:\n\n{rows}"


def generate(
    raw: Annotated[Path, typer.Option(help="Folder to write; must hold no raw files yet.")],
    days: Annotated[int, typer.Option(help="Number of daily files of each table.")] = 7,
    orders_per_day: Annotated[int, typer.Option(help="Orders in each daily file.")] = 500,
    seed: Annotated[int, typer.Option(help="The same seed gives the same bytes.")] = 1,
    first_day: Annotated[
        datetime, typer.Option(formats=["%Y-%m-%d"], help="Day of the first files.")
    ] = datetime(2025, 4, 1),
    products: Annotated[int, typer.Option(help="Products in the catalog.")] = 200,
    all_defects: Annotated[
        bool, typer.Option("--all-defects", help="A few of each defect, with default shares.")
    ] = False,
    defect: Annotated[
        list[str] | None, typer.Option(help="NAME=SHARE (0..1); may be given again.")
    ] = None,
) -> None:
    """Write synthetic raw files in the real shape, and a manifest of every defect put in."""
    from lakehouse.generate import Plan, default_shares, shares_of
    from lakehouse.generate import generate as generate_files

    shares = (default_shares() if all_defects else {}) | shares_of(defect or [])
    plan = Plan(
        days=days,
        orders_per_day=orders_per_day,
        seed=seed,
        first_day=first_day.date(),
        products=products,
        defects=shares,
    )
    console = new_console()
    with console.status("writing raw files") as shown:
        manifest = generate_files(raw, plan, lambda name: shown.update(f"wrote {name}"))
    table = Table("table", "records", "clean", "to be rejected", box=None, pad_edge=False)
    for name, totals in manifest.tables.items():
        rejected = totals.rejected + totals.silver_rejected
        table.add_row(name, f"{totals.records:,}", f"{totals.clean:,}", f"{rejected:,}")
    console.print(table)
    console.print(
        f"{len(manifest.defects):,} defects, each listed in {escape(str(raw / 'manifest.json'))}"
    )
    console.print(f"Next: lakehouse run --raw {escape(str(raw))}", soft_wrap=True)
