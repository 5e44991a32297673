"""What readers see of silver and gold: one version of each table, all of one state.

Data flow: ops.publications -> versions of its last publication

While a publication is at work, its intent (.work/publishing.json) lies beside the workspaces. It
matters to readers for the first publication alone, when there is no other one to go by.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import UTC, datetime

import duckdb
from deltalake import DeltaTable
from deltalake.exceptions import TableNotFoundError

from ingestion.layers import BUILT_LAYERS
from ingestion.settings import WORKSPACES, Settings
from orchestration.state.storage import storage_of
from orchestration.state.table_commit import commit_file
from orchestration.state.versions import (
    TableVersion,
    files_in_folder,
    open_table,
    require_lakehouse,
    unreadable_explained,
)

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
    content = storage_of(settings.root).read(INTENT)
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
    with (
        unreadable_explained(f"ops.{PUBLICATIONS_TABLE}", location),
        duckdb.connect() as connection,
    ):
        try:
            table = DeltaTable(location)
        except TableNotFoundError:
            return None
        # The statistics of the log say which file has the newest.
        number = max(table.get_add_actions(flatten=True)["max.publication"].to_pylist(), default=0)
        if not number:
            return None
        files = files_in_folder(table, location)
        rows = "read_parquet($files)"
        if files is None:
            connection.register("published", table.to_pyarrow_dataset())
            rows = "published"
        connection.execute("set timezone = 'UTC'")
        found = connection.execute(
            "select run_id, published_at, table_name, version, table_id"
            f" from {rows} where publication = $number",
            {"number": number} | ({"files": files} if files else {}),
        ).fetchall()
    run_id, published_at, *_ = found[0]
    versions = {name: TableVersion(version, table_id) for _, _, name, version, table_id in found}
    return Publication(number, run_id, published_at.astimezone(UTC), versions)


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


@dataclass(frozen=True)
class ShownTable:
    """A table as a reader opens it.

    Attributes:
        name: `<layer>.<table>`.
        location: Where it is.
        version: Its number; None for the newest.
    """

    name: str
    location: str
    version: int | None

    def open(self) -> DeltaTable:
        """The table in this version.

        Raises:
            LakehouseError: It can't be read.
        """
        return open_table(self.name, self.location, self.version)


def shown_tables(settings: Settings, shown: Versions | None) -> dict[str, ShownTable]:
    """`<layer>.<table>` to every table that a reader sees, sorted by name.

    Args:
        settings: Where the lakehouse is.
        shown: The `shown_versions`, from before the tables are listed: all of them are there then.

    Raises:
        LakehouseError: There is no lakehouse at the root.
    """
    return {
        name: ShownTable(name, location, shown[name].version if shown and name in shown else None)
        for name, location in require_lakehouse(settings).items()
        # A table of silver or gold that no publication holds is not tested, or not published yet.
        if shown is None or name in shown or name.split(".")[0] not in BUILT_LAYERS
    }
