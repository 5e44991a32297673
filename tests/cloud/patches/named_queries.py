"""Deleting a named query of Athena: moto makes and reads them, and has no `DeleteNamedQuery`.

Without it no stack with a named query can be deleted, and none of them be replaced.
"""

from __future__ import annotations

from moto.athena.responses import AthenaResponse

from tests.cloud.stand_in import StandIn


def apply(stand_in: StandIn) -> None:
    """Add the operation."""
    AthenaResponse.delete_named_query = delete_named_query  # type: ignore[attr-defined]


def delete_named_query(response: AthenaResponse) -> str:
    """Forget a query; of one that is not there, AWS says no more than of one that was."""
    response.athena_backend.named_queries.pop(response._get_param("NamedQueryId"), None)
    return "{}"
