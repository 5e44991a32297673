"""The state machines' definitions as text and as data."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parents[4] / "orchestration" / "aws" / "state_machines"
MACHINES = ("pipeline", "backfill")
State = dict[str, Any]


def written(machine: str) -> str:
    """A definition as it is written, with its substitutions."""
    return (FOLDER / f"{machine}.asl.json").read_text()


def filled(machine: str, values: Mapping[str, str]) -> State:
    """A definition with what the template would put into it."""
    text = re.sub(r"\$\{(\w+)\}", lambda found: values[found.group(1)], written(machine))
    loaded: State = json.loads(text)
    return loaded


def definition(machine: str) -> State:
    """A definition in which every substitution is 1."""
    return filled(machine, dict.fromkeys(re.findall(r"\$\{(\w+)\}", written(machine)), "1"))


def scopes(machine: State) -> Iterator[State]:
    """The machine and each of its branches and maps: what has StartAt and States."""
    yield machine
    for state in machine["States"].values():
        for inner in [*state.get("Branches", []), *filter(None, [state.get("ItemProcessor")])]:
            yield from scopes(inner)


def states(machine: str) -> dict[str, State]:
    """All states by name, those of branches and maps too; no name is used twice."""
    found = [pair for scope in scopes(definition(machine)) for pair in scope["States"].items()]
    assert len({name for name, _ in found}) == len(found)
    return dict(found)


def next_ones(state: State) -> set[str]:
    """Names of the states that may come after a state in its scope."""
    ways = [state, *state.get("Catch", []), *state.get("Choices", [])]
    return {way["Next"] for way in ways if "Next" in way} | (
        {state["Default"]} if "Default" in state else set()
    )
