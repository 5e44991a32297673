"""UpdateJob of Glue, which a new version of the code needs in each deployment: moto has none."""

from __future__ import annotations

from moto.core.responses import ActionResult
from moto.core.utils import camelcase_to_underscores, utcnow
from moto.glue.responses import GlueResponse

from tests.cloud.stand_in import StandIn

NAMES = (
    "Description",
    "LogUri",
    "Role",
    "ExecutionProperty",
    "Command",
    "DefaultArguments",
    "NonOverridableArguments",
    "Connections",
    "MaxRetries",
    "Timeout",
    "MaxCapacity",
    "SecurityConfiguration",
    "NotificationProperty",
    "GlueVersion",
    "NumberOfWorkers",
    "WorkerType",
    "ExecutionClass",
)


def apply(stand_in: StandIn) -> None:
    """Add the operation."""
    GlueResponse.update_job = update_job  # type: ignore[attr-defined]


def update_job(response: GlueResponse) -> ActionResult:
    """Overwrite all that a job says of itself; what the update leaves out is gone, as on AWS."""
    name = response._get_param("JobName")
    job = response.glue_backend.get_job(name)
    update = response._get_param("JobUpdate")
    for named in NAMES:
        nothing: dict[str, str] | None = (
            {} if named in ("ExecutionProperty", "DefaultArguments") else None
        )
        setattr(job, camelcase_to_underscores(named), update.get(named, nothing))
    job.last_modified_on = utcnow()
    return ActionResult({"JobName": name})
