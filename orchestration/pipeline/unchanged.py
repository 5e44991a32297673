"""Which tables and tests a build of everything can leave as they are, and why it can't.

Data flow: nodes of the project + last recorded build + versions now -> reasons to do a node again

A table is left if it is in the version that the last build left, all that it reads is, none of that
is built now, and its SQL, macros, vars and settings have not changed. A test is left likewise if it
has passed; one that warned runs again, so that the warning stays in sight. What is not known counts
as changed. No model is parsed for it, so that a plan can ask as well.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from orchestration.state.build_cache import BuiltNodes
from orchestration.state.results import NodeInputs
from orchestration.state.versions import TableVersion


def reasons(
    nodes: Collection[NodeInputs],
    built: BuiltNodes,
    versions: Mapping[str, TableVersion],
    moving: Collection[str] = (),
) -> dict[str, str]:
    """Why nodes have to be built or tested again, by their ids of dbt; all others are left.

    Args:
        nodes: All of the project, by their inputs now.
        built: The last build.
        versions: Of the tables now.
        moving: Tables that will be written before the build begins.
    """

    def reason(node: NodeInputs) -> str | None:
        known = built.inputs.get(node.node)
        if known is None:
            return "has not passed before" if node.is_test else "is not known to be right"
        if known != node:
            return "has other SQL, macros, vars or settings"
        for table in node.reads:
            if not _is_same(table, built.versions, versions):
                return f"reads {table}, which has changed"
        is_moved = not node.is_test and not _is_same(str(node.table), built.versions, versions)
        return "is not as the last build left it" if is_moved else None

    found = {node.node: why for node in nodes if (why := reason(node)) is not None}
    moved, last = {*moving}, -1
    while len(found) > last:
        last = len(found)
        moved |= {str(node.table) for node in nodes if not node.is_test and node.node in found}
        for node in nodes:
            if node.node not in found and (read := sorted(moved & {*node.reads})):
                verb = "will have changed" if read[0] in moving else "is built"
                found[node.node] = f"reads {read[0]}, which {verb}"
    return found


def _is_same(
    table: str, before: Mapping[str, TableVersion], now: Mapping[str, TableVersion]
) -> bool:
    """Whether a table is there in the version of then; the history of runs is never known."""
    return table in now and now[table] == before.get(table)
