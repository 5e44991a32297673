"""What lies below silver/ and gold/ of a root, and whether publications alone have put it there."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from deltalake import DeltaTable


def written_past_publishing(root: Path) -> list[str]:
    """Commits of silver and gold that no publication has made, and data files that none has added.

    Of old versions that were deleted with their files nothing can be said, nor has it to be.
    """
    found = []
    for log in sorted(root.glob("*/*/_delta_log")):
        table = log.parent
        if table.parent.name not in ("silver", "gold"):
            continue
        actions = [item for commit in sorted(log.glob("*.json")) for item in _actions(commit)]
        found += [
            f"{table}: {info['operation']}"
            for kind, info in actions
            if kind == "commitInfo" and info["operation"] != "PUBLISH"
        ]
        added = {unquote(action["path"]) for kind, action in actions if kind == "add"}
        added |= set(map(unquote, DeltaTable(table).get_add_actions()["path"].to_pylist()))
        on_disk = {path.relative_to(table).as_posix() for path in table.rglob("*.parquet")}
        on_disk = {name for name in on_disk if not name.startswith("_delta_log/")}
        found += [f"{table}: {name}" for name in sorted(on_disk - added)]
    return found


def _actions(commit: Path) -> list[tuple[str, dict[str, Any]]]:
    lines = commit.read_text("utf-8").split("\n")
    return [item for line in lines if line.strip() for item in json.loads(line).items()]
