"""Which tables and tests a build of everything can leave as they are.

Data flow: nodes of the project + last recorded build + versions now -> what is left, what is done

A table is left if it is in the version that the last build left, all that it reads is, none of that
is built now, and its SQL, macros, vars and settings have not changed. A test is left likewise if it
passed; one that warned runs again, so that the warning stays in sight. What is not known counts as
changed.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ingestion.settings import Settings
from orchestration.pipeline.dbt import invoke_dbt, table_of
from orchestration.project.fingerprints import Fingerprints
from orchestration.state.build_cache import BuiltNodes, built_nodes
from orchestration.state.results import PASSED, NodeInputs, NodeResult
from orchestration.state.versions import TableVersion

if TYPE_CHECKING:
    from dbt.contracts.graph.manifest import Manifest

_KINDS = ("model", "seed", "snapshot", "test")
_EPHEMERAL = "ephemeral"
# What a criterion of dbt can name exactly.
_PLAIN = re.compile(r"[\w.]+")


def unchanged(
    nodes: Iterable[NodeInputs],
    built: BuiltNodes,
    versions: Mapping[str, TableVersion],
    moving: Collection[str] = (),
) -> list[NodeInputs]:
    """The nodes that need not be built or tested again.

    Args:
        nodes: All of the project, by their inputs now.
        built: The last build.
        versions: Of the tables now.
        moving: Tables that will be written before the build begins.
    """

    def is_as_built(node: NodeInputs) -> bool:
        tables = node.reads if node.is_test else (*node.reads, node.table)
        return built.inputs.get(node.node) == node and all(
            name in versions and versions[name] == built.versions.get(name) for name in tables
        )

    nodes = list(nodes)
    left = {node.node: node for node in nodes if is_as_built(node)}
    moved = {*moving, *(n.table for n in nodes if not n.is_test and n.node not in left)}
    while late := [node for node in left.values() if moved & {*node.reads}]:
        for node in late:
            del left[node.node]
        moved |= {node.table for node in late if not node.is_test}
    return list(left.values())


class WholeBuild:
    """A build of everything: its nodes, and which of them it leaves as they are."""

    def __init__(self, settings: Settings, run_id: str, target: str | None) -> None:
        fingerprints = Fingerprints(settings)  # before dbt reads the same files
        self.manifest: Manifest = invoke_dbt(settings, run_id, ["parse"], target=target)
        self._settings = settings
        self._fqns = {node.unique_id: ".".join(node.fqn) for node in self.manifest.nodes.values()}
        self._nodes = [
            _inputs_of(node, self.manifest, fingerprints)
            for node in self.manifest.nodes.values()
            if str(node.resource_type) in _KINDS and node.config.materialized != _EPHEMERAL
        ]

    def unchanged(self, versions: Mapping[str, TableVersion]) -> list[NodeInputs]:
        """The nodes that this build can leave as they are."""
        if not all(map(_PLAIN.fullmatch, self._fqns.values())):
            return []
        return unchanged(self._nodes, built_nodes(self._settings), versions)

    def selection(self, left: Sequence[NodeInputs]) -> list[str] | None:
        """Arguments of `dbt build` for all other nodes; None if there are none."""
        if not left:
            return []
        names = {node.node for node in left}
        others = [f"fqn:{self._fqns[one.node]}" for one in self._nodes if one.node not in names]
        return ["--indirect-selection", "empty", "--select", *others] if others else None

    def inputs(self, left: Iterable[NodeInputs], results: Iterable[NodeResult]) -> list[NodeInputs]:
        """What the tables and the passed tests of this build depend on, those left included."""
        names, good = {node.node for node in left}, ("success", *PASSED)
        well = {(node.kind, node.name) for node in results if node.status in good}
        return [
            node
            for node in self._nodes
            if node.fingerprint and (node.node in names or (node.kind, node.name) in well)
        ]


def _inputs_of(node: Any, manifest: Manifest, fingerprints: Fingerprints) -> NodeInputs:
    kind, parts, reads = str(node.resource_type), set(), set()
    waiting = list(getattr(node.depends_on, "nodes", ()))
    while waiting:
        name = waiting.pop()
        parent = manifest.nodes.get(name)
        if parent is None:
            reads.add(".".join(name.split(".")[2:]))
        elif parent.config.materialized == _EPHEMERAL:
            parts.add(parent.original_file_path)
            waiting += parent.depends_on.nodes
        else:
            reads.add(str(table_of(parent)))
    files = (node.original_file_path, *sorted(parts))
    # A snapshot depends on when it was taken.
    fingerprint = None if kind == "snapshot" else fingerprints.of(files)
    return NodeInputs(
        *(node.unique_id, kind, table_of(node), files, fingerprint or "", tuple(sorted(reads)))
    )
