"""A cloud to play with, on this machine and without an account: `make cloud`.

    python -m tests.cloud                     start it, deploy into it, and say how to use it
    python -m tests.cloud upload sample       put raw files into the bucket: the pipeline starts
    python -m tests.cloud watch               follow the newest execution to its end
    python -m tests.cloud query "select ..."  ask Athena
    python -m tests.cloud messages            what was sent to the people who are notified

The server runs until Ctrl-C in its terminal; the other commands find it from a second one.
"""

from __future__ import annotations

import shutil
import signal
import socket
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from ingestion.errors import LakehouseError
from tests.cloud.cloud import PROJECT_FOLDER, Cloud
from tests.cloud.deployment import Deployment
from tests.cloud.mailbox import received, subscribe

FOLDER = PROJECT_FOLDER / "target" / "cloud"
_PORT_FILE = FOLDER / "port"
_QUIET_EVENTS = ("Succeeded", "Exited", "Scheduled", "Submitted", "Started", "Entered")

app = typer.Typer(help=__doc__, add_completion=False, pretty_exceptions_enable=False)
console = Console()


@app.callback(invoke_without_command=True)
def start(context: typer.Context) -> None:
    """Start the stand-in, deploy `dev` into it and wait for Ctrl-C."""
    if context.invoked_subcommand is not None:
        return
    _refuse_second()
    shutil.rmtree(FOLDER, ignore_errors=True)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with Cloud(FOLDER) as cloud:
        _PORT_FILE.write_text(str(cloud.port))
        try:
            console.print(f"The stand-in cloud listens at {cloud.endpoint}. Deploying dev …")
            deployment = Deployment(cloud)
            console.print(deployment.deploy(), markup=False, highlight=False)
            subscribe(cloud, deployment.topic)
            console.print(_tour(cloud), markup=False, highlight=False)
            signal.pause()
        except KeyboardInterrupt:
            console.print("Stopping …")
        finally:
            _PORT_FILE.unlink(missing_ok=True)
    console.print(f"Stopped. Logs of this time are in {FOLDER}.")


@app.command()
def upload(raw: Annotated[Path, typer.Argument(help="A raw folder.")] = Path("sample")) -> None:
    """Put the files of a raw folder into the bucket, as a shop would every night."""
    names = _running().upload(raw)
    if not names:
        raise LakehouseError(f"There is no file in {raw}.", "Name another folder.")
    console.print(f"{len(names)} files uploaded. Their arrival starts the pipeline: now `watch`.")


@app.command()
def watch() -> None:
    """Follow the newest execution of the pipeline: each state as it is entered, and its end."""
    deployment = _running()
    arn = deployment.until(deployment.executions)[-1]["executionArn"]
    console.print(f"{arn.split(':')[-1]}")
    seen = 0
    while True:
        status = deployment.execution(arn)["status"]
        events = list(deployment.events(arn))
        for name, event in events[seen:]:
            _show(name, event)
        seen = len(events)
        if status != "RUNNING":
            break
        deployment.until(partial(_moved, deployment, arn, seen))
    console.print(f"[bold]{status}[/]")


@app.command()
def query(sql: str) -> None:
    """Ask Athena's stand-in in the environment's workgroup."""
    header, *rows = _running().answers(sql)
    table = Table(*(str(name) for name in header))
    for row in rows:
        table.add_row(*("" if value is None else value for value in row))
    console.print(table)


@app.command()
def messages() -> None:
    """Show what was sent to the notification topic."""
    for mail in received(_running().cloud):
        console.print(f"{mail.subject}\n\n{mail.message}", markup=False, highlight=False)
        console.rule()


def _moved(deployment: Deployment, arn: str, seen: int) -> bool:
    running = deployment.execution(arn)["status"] == "RUNNING"
    return not running or len(list(deployment.events(arn))) > seen


def _show(name: str, event: dict[str, Any]) -> None:
    when = f"{event['timestamp']:%H:%M:%S}"
    if name:
        console.print(f"{when}  {name}", highlight=False)
    elif not event["type"].endswith(_QUIET_EVENTS):
        details = [value for key, value in event.items() if key.endswith("EventDetails")]
        said = details[0] if details else {}
        cause = str(said.get("cause", ""))[:300]
        console.print(f"{when}  {event['type']} {said.get('error', '')} {cause}", markup=False)


def _running() -> Deployment:
    if not _PORT_FILE.exists():
        raise LakehouseError("No stand-in cloud is running here.", "Start it with `make cloud`.")
    return Deployment(Cloud(FOLDER, port=int(_PORT_FILE.read_text())))


def _refuse_second() -> None:
    with suppress(OSError, FileNotFoundError):
        socket.create_connection(("127.0.0.1", int(_PORT_FILE.read_text()))).close()
        raise LakehouseError("A stand-in cloud runs here already.", "Stop it by Ctrl-C first.")


def _tour(cloud: Cloud) -> str:
    exports = "\n".join(f"  export {name}={value}" for name, value in cloud.variables.items())
    python = ".venv/bin/python -m tests.cloud"
    return f"""
Everything is there. In a second terminal, in this folder:

  {python} upload sample     the files of sample/ arrive; that starts the pipeline
  {python} watch             its states, to the end (some minutes)
  {python} query "select order_date, total_sales from daily_sales order by 1"
  {python} messages          what would have come by e-mail

Any other client of AWS works too, once these are set:

{exports}

  aws s3 ls s3://ecommerce-lakehouse-dev-{cloud.account}
  aws stepfunctions list-executions --state-machine-arn \\
    arn:aws:states:eu-west-1:{cloud.account}:stateMachine:ecommerce-lakehouse-dev-pipeline
  .venv/bin/lakehouse catalog check --target dev

Ctrl-C here stops all of it.
"""


def main() -> None:
    """The command; what a person can fix is told in two sentences."""
    try:
        app()
    except LakehouseError as error:
        console.print(f"{error.problem} {error.next_step}", markup=False)
        raise SystemExit(1) from None


if __name__ == "__main__":
    main()
