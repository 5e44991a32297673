"""Reads a root again and again while another process publishes there, and counts what is wrong.

The n-th publication writes the state n to some of the tables. Every fourth one is red: its tables
are written in a workspace that is not published. So what may be seen together is known beforehand.

Run as a program, so that readers and the publisher share nothing but the root.
"""

from __future__ import annotations

import json
import sys
from dataclasses import asdict, dataclass, field
from pathlib import Path

from ingestion.settings import Settings
from orchestration.state.lock import only_run
from orchestration.state.publications import publish
from orchestration.state.workspaces import drop_workspace, new_workspace
from tests.plain_tables import States, seen_alone, seen_together, write_workspace

TABLES = ("silver.products", "silver.orders", "gold.daily_sales", "gold.departments", "gold.quiet")
_RED_EVERY = 4


def is_red(number: int) -> bool:
    return number % _RED_EVERY == 0


def writes_of(number: int) -> States:
    """What a publication writes; the first one makes every table, the last table stays so."""
    if number == 1:
        return dict.fromkeys(TABLES, 1)
    return {table: number for n, table in enumerate(TABLES[:-1]) if (number + n) % 3}


def states_after(publications: int) -> list[States]:
    """What may be seen together, one after the other."""
    states: list[States] = []
    for number in range(1, publications + 1):
        if not is_red(number):
            states.append({**(states[-1] if states else {}), **writes_of(number)})
    return states


def publish_all(settings: Settings, first: int, last: int) -> None:
    """Make these publications."""
    for number in range(first, last + 1):
        with only_run(settings):
            workspace = new_workspace(settings, f"run-{number}")
            write_workspace(workspace, writes_of(number))
            if is_red(number):
                drop_workspace(settings, workspace.name)
            else:
                publish(workspace, f"run-{number}")


@dataclass
class Counts:
    """What one reader has seen.

    Attributes:
        together: Reads of all tables by DuckDB, in the versions of the last publication.
        alone: Reads of the newest version of one table by delta-rs.
        mixed: Of those of all tables, the ones that were no state ever published.
        backwards: Of those, the ones that were older than one before.
        missing: Tables that were not there.
        red: Values that were never published.
        states: How many different ones were seen together.
    """

    together: int = 0
    alone: int = 0
    mixed: int = 0
    backwards: int = 0
    missing: int = 0
    red: int = 0
    states: int = 0
    _newest: int = field(default=-1, repr=False)

    def add_together(self, seen: States, states: list[States]) -> None:
        self.together += 1
        self.missing += len(states[0].keys() - seen.keys())
        if seen not in states:
            self.mixed += 1
            return
        number = states.index(seen)
        self.backwards += number < self._newest
        self.states += number > self._newest
        self._newest = max(number, self._newest)

    def add_alone(self, seen: States, states: list[States]) -> None:
        self.alone += len(seen)
        self.missing += len(states[0]) - len(seen)
        self.red += sum(
            all(state[table] != value for state in states) for table, value in seen.items()
        )


def read(settings: Settings, publications: int, alone: int) -> Counts:
    """Read until there is a file `done` beside the root.

    Args:
        settings: Where the root is.
        publications: How many there will be.
        alone: How often every table is read alone for each read of all together.
    """
    states, counts = states_after(publications), Counts()
    while not Path(settings.root).with_name("done").exists():
        counts.add_together(seen_together(settings), states)
        for _ in range(alone):
            counts.add_alone(seen_alone(settings, TABLES), states)
        if counts.together == 1:
            sys.stdout.write("ready\n")
            sys.stdout.flush()
    return counts


if __name__ == "__main__":
    found = read(Settings(root=sys.argv[1], raw=""), *map(int, sys.argv[2:]))
    sys.stdout.write(json.dumps(asdict(found)) + "\n")
