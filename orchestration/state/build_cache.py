"""What the last good build was made from, so that a run with nothing new has nothing to build.

Data flow: project files + version of every table -> state -> compared with the builds on record

A build is left out only if everything that could change its outcome is as it was: models, macros,
seeds, tests and settings of the project, and the version of every table that is read or built. A
table that somebody has changed by hand, or that a build of some models has moved, is noticed.

`ops.builds` names the runs at whose end silver and gold were as a whole build leaves them, and
`ops.table_versions` has their versions. A restore or a maintenance moves versions and no values:
it hands the build on to its own run.
"""

from __future__ import annotations

from ingestion.settings import Settings
from orchestration.state.past_runs import read_ops, recorded_versions
from orchestration.state.results import Build
from orchestration.state.versions import TableVersion


def builds_that_left(settings: Settings, versions: dict[str, TableVersion]) -> list[Build]:
    """The builds that left the tables in these versions, all others in none.

    There are several if a build moved no table, as when only a test has changed.
    """
    recorded = recorded_versions(settings)
    return [
        Build(row["project"], row["built_by_run_id"], row["built_at"])
        for row in read_ops(settings, "builds")
        if recorded.get(row["run_id"]) == versions
    ]


def run_that_built(
    settings: Settings, project: str, versions: dict[str, TableVersion]
) -> str | None:
    """A run that built and tested everything by this project and left this state, else None."""
    builds = builds_that_left(settings, versions)
    return next((build.run_id for build in builds if build.project == project), None)
