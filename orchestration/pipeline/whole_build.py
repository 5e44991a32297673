"""A build of everything: its nodes as dbt knows them, and which of them it leaves as they are.

Data flow: project parsed by dbt + fingerprints -> inputs of each node -> arguments of dbt build
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ingestion.settings import Settings
from orchestration.pipeline.dbt import invoke_dbt, table_of
from orchestration.pipeline.unchanged import reasons
from orchestration.project.fingerprints import Fingerprints
from orchestration.state.build_cache import built_nodes
from orchestration.state.results import PASSED, NodeInputs, NodeResult
from orchestration.state.versions import TableVersion

if TYPE_CHECKING:
    from dbt.contracts.graph.manifest import Manifest

_KINDS = ("model", "seed", "snapshot", "test")
_EPHEMERAL = "ephemeral"
# What a criterion of dbt can name exactly.
_PLAIN = re.compile(r"[\w.]+")


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
        if not all(_PLAIN.fullmatch(self._fqns[node.node]) for node in self._nodes):
            return []
        others = reasons(self._nodes, built_nodes(self._settings), versions)
        return [node for node in self._nodes if node.node not in others]

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
        is_well: dict[tuple[str, str], bool] = {}
        for one in results:  # dbt does not promise that a name is given once
            key = (one.kind, one.name)
            is_well[key] = is_well.get(key, True) and one.status in good
        return [
            node
            for node in self._nodes
            if node.fingerprint and (node.node in names or is_well.get((node.kind, node.name)))
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
            waiting += getattr(parent.depends_on, "nodes", ())
        else:
            reads.add(str(table_of(parent)))
    files = (node.original_file_path, *sorted(parts))
    # A snapshot depends on when it was taken.
    fingerprint = None if kind == "snapshot" else fingerprints.of(files)
    return NodeInputs(
        *(node.unique_id, kind, table_of(node), files, fingerprint or "", tuple(sorted(reads)))
    )
