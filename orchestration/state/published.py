"""What readers see of silver and gold: one version of each table, all of one state.

Data flow: ops.publications -> versions of its last publication

While a publication is at work, its intent (.work/publishing.json) lies beside the workspaces. It
matters to readers for the first publication alone, when there is no other one to go by.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import datetime

import pyarrow as pa
from deltalake import DeltaTable
from deltalake.exceptions import TableNotFoundError

from ingestion.settings import WORKSPACES, Settings
from orchestration.state.storage import storage_of
from orchestration.state.table_commit import commit_file
from orchestration.state.versions import TableVersion, unreadable_explained

PUBLICATIONS_TABLE = "publications"
INTENT = f"{WORKSPACES}/publishing.json"

Versions = dict[str, TableVersion]


@dataclass(frozen=True)
class Publication:
    """What readers see.

    Attributes:
        number: Counts the publications of a root, from 1.
        run_id: The run that published.
        published_at: When, UTC.
        versions: `<layer>.<table>` to its version, for every table of silver and gold.
    """

    number: int
    run_id: str
    published_at: datetime
    versions: Versions


@dataclass(frozen=True)
class Commit:
    """A commit to be made.

    Attributes:
        table: `<layer>.<table>`.
        place: Of the table, relative to the root.
        version: Its number.
        text: Its lines.
    """

    table: str
    place: str
    version: int
    text: str

    @property
    def file(self) -> str:
        """Relative to the root."""
        return f"{self.place}/{commit_file(self.version)}"


@dataclass(frozen=True)
class Intent:
    """A publication that has been decided on and not come to its end.

    Attributes:
        run_id: The run that publishes.
        workspace: What is published.
        before: `<layer>.<table>` to its version, of every published table.
        after: The same when all commits are made.
        commits: In their order.
    """

    run_id: str
    workspace: str
    before: Versions
    after: Versions
    commits: list[Commit]

    def to_json(self) -> bytes:
        """As it is kept; all paths are relative to the root."""
        return json.dumps(asdict(self)).encode()


def read_intent(settings: Settings) -> Intent | None:
    """The publication that is at work or was cut off, None if there is none."""
    content = storage_of(settings.root).read(INTENT) if settings.is_local else None
    if content is None:
        return None
    fields = json.loads(content)
    for name in ("before", "after"):
        fields[name] = {table: TableVersion(**one) for table, one in fields[name].items()}
    fields["commits"] = [Commit(**commit) for commit in fields["commits"]]
    return Intent(**fields)


def last_publication(settings: Settings) -> Publication | None:
    """The publication that readers see; None where nothing has been published so far.

    Raises:
        LakehouseError: The table of publications can't be read.
    """
    location = settings.location("ops", PUBLICATIONS_TABLE)
    with unreadable_explained(f"ops.{PUBLICATIONS_TABLE}", location):
        try:
            table = DeltaTable(location)
        except TableNotFoundError:
            return None
        newest = max(_numbers(table), default=None)
        if newest is None:
            return None
        rows = table.to_pyarrow_table(filters=[("publication", "=", newest)]).to_pylist()
    return Publication(
        newest,
        rows[0]["run_id"],
        rows[0]["published_at"],
        {row["table_name"]: TableVersion(row["version"], row["table_id"]) for row in rows},
    )


def shown_versions(settings: Settings) -> Versions | None:
    """`<layer>.<table>` to what a reader opens; a table that is not among them is not shown.

    Returns:
        None where every table is shown as it is: in a workspace, and on a root that nothing has
        been published on. Who relies on that asks once more when all tables are open.
    """
    if settings.workspace:
        return None
    # In this order: the intent of a publication goes after it has been recorded.
    intent, last = read_intent(settings), last_publication(settings)
    if last is not None:
        return last.versions
    return None if intent is None else intent.before


def _numbers(table: DeltaTable) -> list[int]:
    """The numbers of publications, at least the newest, from the statistics of the log."""
    greatest = pa.table(table.get_add_actions(flatten=True))["max.publication"]
    return [number for number in greatest.to_pylist() if number is not None]
