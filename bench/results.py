"""Results as JSON files, one for each part, so that a part can be run again alone.

Data flow: measurements -> target/bench/results/<part>.json -> report
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from bench.machine import Machine, describe_machine
from bench.measure import Measurement


@dataclass(frozen=True)
class Result:
    """One part of the benchmarks.

    Attributes:
        part: `refresh-<size>`, `growth-<engine>` or `lookups`.
        machine: Where, with which versions and on which day it was measured.
        facts: What else there is to say, such as the number of lines.
        runs: The measured runs.
    """

    part: str
    machine: Machine
    facts: dict[str, Any] = field(default_factory=dict)
    runs: Sequence[Measurement] = ()


def save(folder: Path, part: str, facts: dict[str, Any], runs: Sequence[Measurement] = ()) -> None:
    """Write the result of a part, in the place of an older one."""
    result = Result(part, describe_machine(), facts, runs)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{part}.json").write_text(json.dumps(asdict(result), indent=1) + "\n")


def load(folder: Path) -> dict[str, Result]:
    """Read all results, by part."""
    return {path.stem: _result(json.loads(path.read_text())) for path in folder.glob("*.json")}


def _result(content: dict[str, Any]) -> Result:
    return Result(
        part=content["part"],
        machine=Machine(**content["machine"]),
        facts=content["facts"],
        runs=[Measurement(**run) for run in content["runs"]],
    )
