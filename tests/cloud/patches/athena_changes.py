"""UpdateWorkGroup and DeleteNamedQuery of Athena, which a changed stack needs: moto has neither."""

from __future__ import annotations

from typing import Any

from moto.athena.responses import AthenaResponse
from moto.core.responses import EmptyResult

from tests.cloud.stand_in import StandIn


def apply(stand_in: StandIn) -> None:
    """Add the operations."""
    AthenaResponse.update_work_group = update_work_group  # type: ignore[attr-defined]
    AthenaResponse.delete_named_query = delete_named_query  # type: ignore[attr-defined]


def update_work_group(response: AthenaResponse) -> EmptyResult:
    """Change what the call names of a workgroup, and nothing else."""
    group: Any = response.athena_backend.work_groups[response._get_param("WorkGroup")]
    changes = dict(response._get_param("ConfigurationUpdates", {}))
    if "ResultConfigurationUpdates" in changes:
        changes["ResultConfiguration"] = changes.pop("ResultConfigurationUpdates")
    group.configuration = {**group.configuration, **changes}
    group.description = response._get_param("Description", group.description)
    group.state = response._get_param("State", group.state)
    return EmptyResult()


def delete_named_query(response: AthenaResponse) -> EmptyResult:
    """Delete a query; one that is not there is fine."""
    response.athena_backend.named_queries.pop(response._get_param("NamedQueryId"), None)
    return EmptyResult()
