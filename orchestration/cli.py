"""The `lakehouse` command: arguments in, a run or a report out, and an exit code for scripts."""

from __future__ import annotations

import atexit
import logging
import os
import sys
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from ingestion.errors import LakehouseError
from ingestion.settings import Settings
from orchestration.generate.registry import DEFECTS

_WIDTH_OF_A_PIPE = 160

EPILOG = (
    "Exit codes: 0 all well; 2 finished, but something is quarantined or missing; 1 failed. "
    "Start with: lakehouse run --raw sample"
)

app = typer.Typer(
    help="Raw CSV files in, trusted tables out.",
    epilog=EPILOG,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
)

Root = Annotated[
    str | None,
    typer.Option(help="The folder of the lakehouse. [LAKEHOUSE_ROOT, else lakehouse]"),
]
Raw = Annotated[
    str | None,
    typer.Option(help="Raw files: a folder or s3:// prefix. [LAKEHOUSE_RAW, else ROOT/raw]"),
]
Engine = Annotated[
    str | None,
    typer.Option(help="sail (fast, no Java) or spark (as on AWS). [LAKEHOUSE_ENGINE, else sail]"),
]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Say nothing unless it failed.")]
FullRefresh = Annotated[bool, typer.Option("--full-refresh", help="Rebuild every table whole.")]


@app.command()
def run(
    raw: Raw = None,
    root: Root = None,
    engine: Engine = None,
    full_refresh: FullRefresh = False,
    quiet: Quiet = False,
) -> None:
    """Load the raw files, build silver and gold, test everything: the whole line in one go."""
    settings = Settings.read(root=root, raw=raw, engine=engine)
    _run(settings, quiet, with_ingest=True, build_arguments=["--full-refresh"] * full_refresh)


@app.command()
def ingest(raw: Raw = None, root: Root = None, engine: Engine = None, quiet: Quiet = False) -> None:
    """Load what is new or changed in the raw folder into bronze, the first half of a run."""
    settings = Settings.read(root=root, raw=raw, engine=engine)
    _run(settings, quiet, with_ingest=True, build_arguments=None)


@app.command(
    context_settings={"allow_extra_args": True, "ignore_unknown_options": True},
)
def build(
    context: typer.Context, root: Root = None, engine: Engine = None, quiet: Quiet = False
) -> None:
    """Build and test silver and gold, the second half; other arguments go to `dbt build`.

    For example: lakehouse build --select daily_sales+
    """
    settings = Settings.read(root=root, engine=engine)
    _run(settings, quiet, with_ingest=False, build_arguments=context.args)


def _run(
    settings: Settings, quiet: bool, *, with_ingest: bool, build_arguments: list[str] | None
) -> None:
    # dbt and Spark take a second to import; --help should not wait for them.
    from orchestration.progress import Display
    from orchestration.run import run as run_pipeline
    from orchestration.summary import print_summary

    console = _console()
    _require_folder(settings)
    try:
        result = run_pipeline(
            settings,
            Display(console, quiet),
            with_ingest=with_ingest,
            build_arguments=build_arguments,
        )
    except KeyboardInterrupt:
        raise LakehouseError(
            "Interrupted.", "Nothing half done is visible; run the same command again to go on."
        ) from None
    if not quiet or result.exit_code == 1:
        print_summary(console, settings, result)
    raise _Ended(result.exit_code)


@app.command()
def status(root: Root = None, engine: Engine = None) -> None:
    """Show files, gaps, rejects with reasons, freshness, the last run and where every row went."""
    from orchestration.status import print_status

    settings = Settings.read(root=root, engine=engine)
    _require_folder(settings)
    print_status(_console(), settings)


@app.command()
def cost(
    root: Root = None,
    run_id: Annotated[str | None, typer.Option("--run", help="Id or its start. [newest]")] = None,
    workers: Annotated[int, typer.Option(min=2, help="Workers, the driver included.")] = 2,
    worker_type: Annotated[str, typer.Option(help="G.1X, G.2X, G.4X or G.8X.")] = "G.1X",
) -> None:
    """Estimate what a recorded run would cost on AWS Glue: by model, by run, by month.

    From its seconds and orchestration/prices.yml; docs/scaling.md says how. No engine is started.
    """
    from orchestration.cost_report import print_cost

    settings = Settings.read(root=root)
    _require_folder(settings)
    print_cost(_console(), settings, run_id, workers, worker_type)


def _require_folder(settings: Settings) -> None:
    if not settings.is_local:
        raise LakehouseError(
            f"The root {settings.root} is no folder of this machine.",
            "This command works on a folder; on S3 the Glue jobs and the dbt targets do the work.",
        )


def _defect_list() -> str:
    rows = "\n".join(
        f"- `{name}` {defect.description} → {defect.expected} (share of the {defect.level.value}s)"
        for name, defect in DEFECTS.items()
    )
    return f"Defects for --defect NAME=SHARE:\n\n{rows}"


@app.command(epilog=_defect_list())
def generate(
    raw: Annotated[Path, typer.Option(help="Folder to write; must hold no raw files yet.")],
    days: Annotated[int, typer.Option(help="Number of daily files of each table.")] = 7,
    orders_per_day: Annotated[int, typer.Option(help="Orders in each daily file.")] = 500,
    seed: Annotated[int, typer.Option(help="The same seed gives the same bytes.")] = 1,
    first_day: Annotated[
        datetime, typer.Option(formats=["%Y-%m-%d"], help="Day of the first files.")
    ] = datetime(2025, 4, 1),
    products: Annotated[int, typer.Option(help="Products in the catalogue.")] = 200,
    all_defects: Annotated[
        bool, typer.Option("--all-defects", help="A few of each defect, with default shares.")
    ] = False,
    defect: Annotated[
        list[str] | None, typer.Option(help="NAME=SHARE (0..1); may be given again.")
    ] = None,
) -> None:
    """Write synthetic raw files in the real shape, and a manifest of every defect put in."""
    from orchestration.generate import Plan, default_shares, shares_of
    from orchestration.generate import generate as generate_files

    shares = (default_shares() if all_defects else {}) | shares_of(defect or [])
    plan = Plan(
        days=days,
        orders_per_day=orders_per_day,
        seed=seed,
        first_day=first_day.date(),
        products=products,
        defects=shares,
    )
    console = _console()
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


def _console() -> Console:
    """A pipe or a log file has no width of its own; tables need one that does not cut them."""
    return Console() if sys.stdout.isatty() else Console(width=_WIDTH_OF_A_PIPE)


class _Ended(Exception):
    """A run came to its end with this exit code."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


def main() -> None:
    """Run the command; show what a user can mend as two sentences, never as a stack trace."""
    logging.basicConfig(format="%(message)s")
    try:
        app()
    except _Ended as ended:
        sys.exit(ended.code)
    except SystemExit as stopped:
        # Wrong arguments end with 2 by custom, which means "finished, incomplete" here.
        sys.exit(1 if stopped.code == 2 else stopped.code)
    except LakehouseError as error:
        _complain(error.problem, error.next_step)


def _complain(problem: str, next_step: str) -> None:
    console = Console(stderr=True)
    console.print(f"[red]failed[/] {escape(problem)}", soft_wrap=True, highlight=False)
    console.print(next_step, soft_wrap=True, highlight=False, markup=False)
    sys.exit(1)


def command() -> None:
    """The command of the shell: `main`, and an end that no query still at work can hold up."""
    try:
        main()
    except SystemExit as ended:
        # What Python does at its end, but for waiting until all threads have ended.
        atexit._run_exitfuncs()
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(int(ended.code or 0))


if __name__ == "__main__":
    command()
