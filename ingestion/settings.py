"""Everything the environment decides, read once at the edge and passed on as values."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from tempfile import gettempdir

from ingestion.errors import LakehouseError
from ingestion.layers import BUILT_LAYERS
from ingestion.plain_paths import plain_path, require_usable

DEFAULT_ROOT = "warehouse"
WORKSPACES = ".work"
# Workspaces of runs are named so.
RUN_PREFIX = "run-"
DEFAULT_REJECT_LIMIT = 0.10
DEFAULT_MAX_FILE_BYTES = 2 * 1024**3


class Engine(StrEnum):
    """What runs the jobs and the SQL where no platform brings its own Spark."""

    SAIL = "sail"
    SPARK = "spark"


DEFAULT_ENGINE = Engine.SAIL


@dataclass(frozen=True)
class Settings:
    """Where the lakehouse is and by which limits it loads.

    Attributes:
        root: Absolute folder or `s3://` prefix that holds bronze/, silver/, gold/ and ops/.
        raw: Absolute folder or `s3://` prefix of the raw files.
        reject_limit: Share of rejected records (0..1) above which a file is quarantined whole.
        max_file_bytes: Largest accepted size of one file's text, in bytes.
        database_prefix: Put before database names, such as `dev_`; empty locally and in prod.
        engine: The embedded engine.
        lock_table: DynamoDB table of the locks where several jobs share the root; else empty.
        workspace: Whose silver and gold are meant; empty for the published ones.
    """

    root: str
    raw: str
    reject_limit: float = DEFAULT_REJECT_LIMIT
    max_file_bytes: int = DEFAULT_MAX_FILE_BYTES
    database_prefix: str = ""
    engine: Engine = DEFAULT_ENGINE
    lock_table: str = ""
    workspace: str = ""

    @property
    def is_local(self) -> bool:
        """The root is a folder of this machine."""
        return "://" not in self.root

    @property
    def log_folder(self) -> Path:
        """Where this machine writes logs: below a local root, else in the temporary folder."""
        if self.is_local:
            return Path(self.root) / "logs"
        return Path(gettempdir()) / "lakehouse-logs" / self.root.partition("://")[2]

    def database(self, layer: str) -> str:
        """Name of a layer's database in the catalog.

        The catalog of an embedded engine is its session's own. That of a bucket is shared, so what
        a workspace holds has databases apart from the published ones: `work_<layer>` for runs, of
        which one is at work, and `work_<workspace>_<layer>` for others. As in the macro
        generate_schema_name.
        """
        if not self.workspace or self.is_local or layer not in BUILT_LAYERS:
            return f"{self.database_prefix}{layer}"
        is_of_run = self.workspace.startswith(RUN_PREFIX)
        own = "" if is_of_run else f"{self.workspace.replace('-', '_')}_"
        return f"{self.database_prefix}work_{own}{layer}"

    def table(self, layer: str, name: str) -> str:
        """Name of a table in the catalog."""
        return f"{self.database(layer)}.{name}"

    def place(self, layer: str, table: str | None = None) -> str:
        """A layer's folder or one of its Delta tables, relative to the root: its key on a store."""
        of_workspace = self.workspace and layer in BUILT_LAYERS
        parts = [WORKSPACES, self.workspace] if of_workspace else []
        return "/".join([*parts, layer, *([table] if table else [])])

    def location(self, layer: str, table: str | None = None) -> str:
        """Where a layer's folder or one of its Delta tables is."""
        return f"{self.root}/{self.place(layer, table)}"

    def engine_location(self, layer: str, table: str | None = None) -> str:
        """The same place as an engine is given it, which may be through a link."""
        if not self.is_local:
            return self.location(layer, table)
        return replace(self, root=plain_path(self.root)).location(layer, table)

    @classmethod
    def read(
        cls,
        root: str | None = None,
        raw: str | None = None,
        database_prefix: str | None = None,
        engine: str | None = None,
        lock_table: str | None = None,
        environment: Mapping[str, str] = os.environ,
    ) -> Settings:
        """Merge arguments (first) with `LAKEHOUSE_*` variables (second) and the defaults.

        Raises:
            LakehouseError: An argument or a variable has no usable value.
        """
        chosen_root = absolute(root or environment.get("LAKEHOUSE_ROOT") or DEFAULT_ROOT)
        if "://" not in chosen_root:
            require_usable(
                chosen_root, "The root", "Choose another folder with --root or LAKEHOUSE_ROOT."
            )
        chosen_raw = absolute(raw or environment.get("LAKEHOUSE_RAW") or f"{chosen_root}/raw")
        return cls(
            root=chosen_root,
            raw=chosen_raw,
            reject_limit=_share(environment, "LAKEHOUSE_REJECT_LIMIT", DEFAULT_REJECT_LIMIT),
            max_file_bytes=_bytes(environment, "LAKEHOUSE_MAX_FILE_BYTES", DEFAULT_MAX_FILE_BYTES),
            database_prefix=database_prefix or environment.get("LAKEHOUSE_DATABASE_PREFIX", ""),
            engine=_engine(engine or environment.get("LAKEHOUSE_ENGINE") or DEFAULT_ENGINE),
            lock_table=lock_table or environment.get("LAKEHOUSE_LOCK_TABLE", ""),
        )


def available_cores() -> int:
    """Processor cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def absolute(location: str) -> str:
    """Make a folder absolute; an `s3://` prefix only loses its trailing slash."""
    if "://" in location:
        return location.rstrip("/")
    try:
        return str(Path(location).expanduser().resolve())
    except RuntimeError:
        raise LakehouseError(
            f"{location!r} begins with a ~ that stands for the home of no user.",
            f"Write {f'./{location}'!r} for a folder of this name.",
        ) from None


def _engine(name: str) -> Engine:
    try:
        return Engine(name)
    except ValueError:
        raise LakehouseError(
            f"There is no engine {name!r}.",
            f"Choose {' or '.join(Engine)} by --engine or LAKEHOUSE_ENGINE.",
        ) from None


def _share(environment: Mapping[str, str], name: str, default: float) -> float:
    text = environment.get(name, "")
    try:
        share = float(text) if text else default
    except ValueError:
        share = -1.0
    if not 0 <= share <= 1:
        raise LakehouseError(
            f"{name}={text!r} is no share between 0 and 1.",
            f"Set it to e.g. {default}, or unset it.",
        )
    return share


def _bytes(environment: Mapping[str, str], name: str, default: int) -> int:
    text = environment.get(name, "")
    if text and not (text.isdecimal() and int(text) > 0):
        raise LakehouseError(
            f"{name}={text!r} is no number of bytes.", f"Set it to e.g. {default}, or unset it."
        )
    return int(text) if text else default
