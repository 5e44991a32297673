"""What to generate, checked before the first file is written."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from difflib import get_close_matches

from ingestion.errors import LakehouseError
from lakehouse.generate.registry import DEFECTS

_LIST_DEFECTS = "The names and their shares are listed by: lakehouse generate --help"
# Far from the ends of the calendar, where a day before or after no longer exists.
_FIRST_YEAR, _LAST_YEAR = 1970, 2200
_MOST_DAYS = 36_500


class PlanError(LakehouseError, ValueError):
    """A plan that can't be carried out as asked."""


@dataclass(frozen=True)
class Plan:
    """The size of the shop and the share of each defect; the same plan gives the same bytes.

    Attributes:
        days: Number of days with an orders and an order_items file each.
        orders_per_day: Orders in each orders file; each order has 1 to 10 lines.
        seed: Chooses one of many equally good shops.
        first_day: The day of the first files.
        products: Number of products, ids from 1.
        defects: Share of each defect by its name in `DEFECTS`; names left out are not made.
    """

    days: int
    orders_per_day: int
    seed: int
    first_day: date = date(2025, 4, 1)
    products: int = 200
    defects: Mapping[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name, least in (("days", 1), ("orders_per_day", 1), ("products", 1), ("seed", 0)):
            if getattr(self, name) < least:
                raise PlanError(
                    f"{name} is {getattr(self, name)}; it must be at least {least}.",
                    f"Give another value for {name}.",
                )
        if not _FIRST_YEAR <= self.first_day.year <= _LAST_YEAR or self.days > _MOST_DAYS:
            raise PlanError(
                f"{self.days} days from {self.first_day} on are beyond what a shop keeps.",
                f"Take a first day of the years {_FIRST_YEAR} to {_LAST_YEAR} "
                f"and at most {_MOST_DAYS:,} days.",
            )
        for name, share in self.defects.items():
            _check_defect(name, share)

    def day(self, number: int) -> date:
        """The calendar day of a day number; numbers from `days` on lie after the last good day."""
        return self.first_day + timedelta(days=number)

    def share(self, defect: str) -> float:
        """The share asked for, zero for a defect that is not in the plan."""
        return self.defects.get(defect, 0.0)

    def count(self, defect: str, total: int) -> int:
        """How many of `total` get a defect: a share above zero means at least one."""
        share = self.share(defect)
        return max(1, round(share * total)) if share > 0 else 0


def default_shares() -> dict[str, float]:
    """A share for every defect, small enough for a week of a small shop."""
    return {name: defect.share for name, defect in DEFECTS.items()}


def _check_defect(name: str, share: float) -> None:
    if name not in DEFECTS:
        close = get_close_matches(name.lower(), DEFECTS, n=3, cutoff=0.5)
        hint = f" Did you mean {' or '.join(close)}?" if close else ""
        raise PlanError(f"There is no defect named {name!r}.{hint}", _LIST_DEFECTS)
    if not 0 <= share <= 1:
        raise PlanError(
            f"The share of {name} is {share}; a share lies between 0 and 1.",
            f"Write 0.05 for five in a hundred, as in {name}=0.05.",
        )


def shares_of(texts: Iterable[str]) -> dict[str, float]:
    """Shares by name, from texts such as `orphan_order=0.01`.

    Raises:
        LakehouseError: A text has another form.
    """
    shares = {}
    for text in texts:
        name, _, share = text.partition("=")
        try:
            shares[name] = float(share)
        except ValueError:
            raise LakehouseError(
                f"--defect {text}: expected NAME=SHARE, such as orphan_order=0.01.",
                "The names are listed by: lakehouse generate --help",
            ) from None
    return shares
