"""Options that several commands share, so that they mean and say the same everywhere."""

from __future__ import annotations

from typing import Annotated

import typer

from lakehouse.formats import Format

Root = Annotated[
    str | None,
    typer.Option(help="The lakehouse: a folder or s3:// prefix. [LAKEHOUSE_ROOT, else warehouse]"),
]
Workspace = Annotated[
    str | None,
    typer.Option(help="Silver and gold of this workspace, in the place of the published ones."),
]
Raw = Annotated[
    str | None,
    typer.Option(help="Raw files: a folder or s3:// prefix. [LAKEHOUSE_RAW, else as last time]"),
]
Engine = Annotated[
    str | None,
    typer.Option(help="sail (fast, no Java) or spark (as on AWS). [LAKEHOUSE_ENGINE, else sail]"),
]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Say nothing unless it failed.")]
Warnings = Annotated[
    bool, typer.Option("--warnings", help="List known warnings, too, not only new ones.")
]
FullRefresh = Annotated[
    bool, typer.Option("--full-refresh", help="Build and test everything anew.")
]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Say what would be done; do nothing.")]
Output = Annotated[Format, typer.Option("--format", help="table, or json for programs.")]
