"""What commits say of themselves, for the one commit that is published in their place."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class CommitFacts:
    """What several commits have done to a table, taken together.

    Attributes:
        changes_data: They have not only moved rows into other files.
        orders_rows: One of them has z-ordered rows.
    """

    changes_data: bool
    orders_rows: bool

    @property
    def parameters(self) -> dict[str, str]:
        """What `orders_rows` finds in the `operationParameters` of the commit in their place."""
        return {"zOrdered": "true"} if self.orders_rows else {}


def facts_of(actions: Iterable[tuple[str, Mapping[str, Any]]]) -> CommitFacts:
    """The facts of all actions of the commits, each with its kind."""
    actions = list(actions)
    return CommitFacts(
        any(action["dataChange"] for kind, action in actions if kind in ("add", "remove")),
        any(orders_rows(action) for kind, action in actions if kind == "commitInfo"),
    )


def orders_rows(info: Mapping[str, Any]) -> bool:
    """Whether a commit has z-ordered rows, by its `commitInfo`; each engine logs it in its way."""
    parameters = info.get("operationParameters", {})
    return parameters.get("zOrdered") == "true" or (
        info.get("operation") == "OPTIMIZE"
        and (
            parameters.get("zOrderBy", "[]") != "[]"
            or info.get("operationMetrics", {}).get("plannerStrategy") == "zOrder"
        )
    )
