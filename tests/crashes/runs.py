"""The commands that write, each on a small lakehouse on which it has something to do.

Data flow: what was before -> a copy of it, on which the command dies -> look -> the same command
again -> compare with a copy on which nobody died
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

import duckdb
from deltalake import DeltaTable

from ingestion.settings import Settings
from orchestration.project.tables import AUDIT_COLUMNS
from orchestration.state.delta_reader import connect
from orchestration.state.past_runs import past_runs
from orchestration.state.results import EXIT_INCOMPLETE
from tests.compare import Rows, assert_same_values, values_of
from tests.crashes.commands import DIED, Ending, Point, run_command
from tests.properties.plans import State, write_state
from tests.properties.shop import Bad, Content, Line, Order, Product

PRODUCTS = (Product(1, "Books", "Tea"), Product(2, " toy", "Salt"))
CHANGED = (Product(1, "Toys", "Tea"), Product(3, "Pets", "Soap"))
ORDERS = (Order(1, 1, 0, 10, 999, 0), Order(2, 2, 0, 11, 500, 0), Order(3, 1, 0, 12, 0, 0))
NEXT_ORDERS = (Order(4, 1, 1, 10, 301, 1), Order(2, 2, 1, 9, 600, 1))
# The third waits for its product, the sixth for its order; the last order never comes.
LINES = tuple(
    Line(number, order_id, user_id, product_id, number, 0, None, 0)
    for number, (order_id, user_id, product_id) in enumerate(
        [(1, 1, 1), (1, 1, 2), (1, 1, 3), (2, 2, 1), (2, 2, 2), (4, 1, 1), (9, 1, 1)], 1
    )
)
NEXT_LINES = tuple(
    replace(LINES[0], id=number, order_id=4, day=1, position=number) for number in range(101, 110)
)

FIRST: State = {
    "products/products.csv": Content("products", PRODUCTS),
    "orders/2025-03-30.csv": Content("orders", ORDERS),
    "order_items/2025-03-30.csv": Content("order_items", LINES),
}
# A corrected file, an order that moves to another day, a newer version of a line, other products.
SECOND: State = {
    "products/products.csv": Content("products", PRODUCTS),
    "products/2025-03-31.csv": Content("products", CHANGED),
    "orders/2025-03-30.csv": Content("orders", (replace(ORDERS[0], cents=1000), *ORDERS[1:])),
    "orders/2025-03-31.csv": Content("orders", NEXT_ORDERS),
    "order_items/2025-03-30.csv": Content("order_items", LINES),
    "order_items/2025-03-31.csv": Content(
        "order_items", (*NEXT_LINES, replace(LINES[0], reordered=1), Bad("oops", "malformed"))
    ),
}
# A file that is refused whole under the usual limit.
_REFUSED: State = {
    **FIRST,
    "orders/2025-03-31.csv": Content("orders", (*NEXT_ORDERS, Bad("oops", "malformed"))),
}
# What tells runs apart, not values.
_OF_THE_RUN = {
    *("batch_id", "recorded_at", "ingestion_timestamp", "rejected_timestamp"),
    *("closed_batch_id", "closed_timestamp"),
}
_OF_INGESTION = (
    *("bronze.products", "bronze.orders", "bronze.order_items"),
    *("ops.ingested_files", "ops.rejected_records"),
)


_RUN, _INGEST = ("run",), ("ingest",)
# All well, or a file is in quarantine.
_WELL = (0, EXIT_INCOMPLETE)

# What lies in the raw folder, and the command that is run on it; nothing for none.
Step = tuple[State, tuple[str, ...]]


@dataclass(frozen=True)
class CanonicalRun:
    """A command and what was there before it.

    Attributes:
        command: Its arguments; `FIRST_RUN` stands for the id of the first run on the root.
        before: What was done before it.
        environment: Variables for the command.
        days_later: How far ahead its clock is.
    """

    command: tuple[str, ...]
    before: tuple[Step, ...]
    environment: Mapping[str, str] = field(default_factory=dict)
    days_later: int = 0

    def run(self, root: Path, point: Point | None = None) -> Ending:
        """Run the command on a root."""
        arguments = self.command
        if "FIRST_RUN" in arguments:
            first = past_runs(_settings(root))[-1].run_id
            arguments = tuple(first if word == "FIRST_RUN" else word for word in arguments)
        return run_command(
            root,
            *arguments,
            point=point,
            environment=self.environment,
            days_later=self.days_later,
        )


RUNS: dict[str, CanonicalRun] = {
    "ingest": CanonicalRun(("ingest",), ((FIRST, _RUN), (SECOND, ()))),
    "first-build": CanonicalRun(("build",), ((FIRST, _INGEST),)),
    "daily-build": CanonicalRun(("build",), ((FIRST, _RUN), (SECOND, _INGEST))),
    "publish": CanonicalRun(
        ("publish", "--workspace", "mine"),
        (
            *((FIRST, _RUN), (SECOND, _INGEST), (SECOND, ("workspace", "new", "mine"))),
            (SECOND, ("build", "--workspace", "mine")),
        ),
    ),
    "restore": CanonicalRun(("restore", "--run", "FIRST_RUN"), ((FIRST, _RUN), (SECOND, _RUN))),
    "erase-user": CanonicalRun(("erase-user", "1", "--yes"), ((FIRST, _RUN), (SECOND, _RUN))),
    "replay": CanonicalRun(
        ("replay",), ((_REFUSED, _RUN),), environment={"LAKEHOUSE_REJECT_LIMIT": "0.9"}
    ),
    # Ten runs are kept, however old they are.
    "maintain": CanonicalRun(
        ("maintain",), ((FIRST, _RUN), (SECOND, _RUN), *((SECOND, _INGEST),) * 10), days_later=60
    ),
}


class Roots:
    """Roots as they are before canonical runs, each made once.

    Attributes:
        folder: Where they are.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._made: dict[str, Path] = {}

    def after(self, steps: Sequence[Step]) -> Path:
        """The root after these steps; it is not to be changed."""
        if repr(steps) not in self._made:
            *earlier, (state, arguments) = steps
            begin = self.after(earlier) if earlier else None
            root = self.folder / f"before-{len(self._made)}"
            if begin:
                shutil.copytree(begin, root)
            write_state(root / "raw", state)
            if arguments:
                done = run_command(root, *arguments)
                assert done.code in _WELL, done.words
            self._made[repr(steps)] = root
        return self._made[repr(steps)]


@dataclass(frozen=True)
class Trial:
    """A canonical run on copies of one root.

    Attributes:
        name: Of the run.
        roots: Where the root is as it was before the run, and copies of it.
    """

    name: str
    roots: Roots

    @cached_property
    def before(self) -> Path:
        """The root as it is before the run."""
        return self.roots.after(self._run.before)

    @cached_property
    def writes(self) -> list[str]:
        """What the run writes if nobody dies."""
        done = self._run.run(self._whole)
        assert done.code in _WELL, done.words
        return done.writes

    @cached_property
    def old(self) -> dict[str, Rows]:
        """What every table holds before."""
        return state_of(self.before)

    @cached_property
    def new(self) -> dict[str, Rows]:
        """What every table holds after the run."""
        return state_of(Path(self.settings_after().root))

    def settings_after(self) -> Settings:
        """Of the root on which nobody died."""
        assert self.writes
        return _settings(self._whole)

    def judge(self, point: Point) -> str:
        """Die at a point, look, run the command again, look.

        Returns:
            What readers saw in between: "old" or "new".

        Raises:
            AssertionError: It is not as it should be; the root stays for a look.
        """
        root = self.roots.folder / "died"
        shutil.rmtree(root, ignore_errors=True)
        shutil.copytree(self.before, root)
        died = self._run.run(root, point)
        assert died.code == DIED, died.words
        seen = self._require_old_or_new(root)
        again = self._run.run(root)
        is_gone = self.name == "publish" and "There is no workspace" in again.words
        assert again.code in _WELL or is_gone, again.words
        assert_same_values(self.new, state_of(root))
        left = sorted(_beside(root))
        assert left == sorted(_beside(self._whole)), left
        return seen

    @cached_property
    def _whole(self) -> Path:
        root = self.roots.folder / f"after {self.name}"
        shutil.copytree(self.before, root)
        return root

    @property
    def _run(self) -> CanonicalRun:
        return RUNS[self.name]

    def _require_old_or_new(self, root: Path) -> str:
        """Silver and gold all old or all new for who pins, each table alone one of them."""
        now = state_of(root)
        built = {table: rows for table, rows in now.items() if _is_built(table)}
        of_old = {table: rows for table, rows in self.old.items() if _is_built(table)}
        of_new = {table: rows for table, rows in self.new.items() if _is_built(table)}
        assert built in (of_old, of_new), "readers who pin see a mixture"
        for table, rows in [*now.items(), *newest_of(root).items()]:
            assert rows in (self.old.get(table), self.new[table]), f"{table} is half done"
        return "old" if built == of_old else "new"


def _settings(root: Path) -> Settings:
    return Settings.read(root=str(root), raw=str(root / "raw"), environment={})


def _is_built(table: str) -> bool:
    return table.startswith(("silver.", "gold."))


def state_of(root: Path) -> dict[str, Rows]:
    """Every row of bronze, silver and gold, of the files and the rejects, but for their runs."""
    settings = _settings(root)
    tables = connect(settings)
    there = tables.execute("select schema_name || '.' || view_name from duckdb_views()").fetchall()
    values = values_of(settings)
    for name in _OF_INGESTION:
        if (name,) in there:
            values[name] = _rows(tables, name)
    return values


def newest_of(root: Path) -> dict[str, Rows]:
    """Every row of silver and gold as a reader sees it who opens a single table."""
    tables = duckdb.connect()
    tables.execute("set timezone = 'UTC'")
    found = {}
    for log in root.glob("*/*/_delta_log"):
        name = ".".join(log.parts[-3:-1])
        if _is_built(name) and DeltaTable.is_deltatable(str(log.parent)):
            tables.register("newest", DeltaTable(log.parent).to_pyarrow_dataset())
            found[name] = _rows(tables, "newest")
    return found


def _rows(tables: duckdb.DuckDBPyConnection, table: str) -> Rows:
    columns = [column[0] for column in tables.execute(f"describe {table}").fetchall()]
    kept = ", ".join(name for name in columns if name not in _OF_THE_RUN | AUDIT_COLUMNS)
    return sorted(tables.execute(f"select {kept} from {table}").fetchall(), key=repr)


def _beside(root: Path) -> Iterator[str]:
    """What lies at the root and is no layer: locks, marks, workspaces."""
    for path in root.glob(".*"):
        yield path.name
        if path.name == ".work":
            yield from (child.name for child in path.iterdir())
