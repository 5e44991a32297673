"""Numbers, days and names as people read them."""

from __future__ import annotations

from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal

NOTHING = "\N{EN DASH}"
_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)


def count(value: int | None) -> str:
    """A whole number with its thousands apart."""
    return NOTHING if value is None else f"{value:,}"


def money(value: Decimal | None) -> str:
    """An amount to the cent."""
    return NOTHING if value is None else f"{_rounded(value, '0.01'):,}"


def whole_money(value: Decimal | None) -> str:
    """An amount without cents, for a headline or a sentence."""
    return NOTHING if value is None else f"{_rounded(value, '1'):,}"


def percent(share: Decimal | None) -> str:
    """A share of 0..1 as a percentage with one decimal."""
    return NOTHING if share is None else f"{_rounded(share * 100, '0.1'):,}%"


def ratio(part: Decimal | int, whole: Decimal | int) -> Decimal | None:
    """A part of a whole, nothing where there is no whole."""
    return Decimal(part) / Decimal(whole) if whole else None


def day(value: date | None) -> str:
    """A day in full, with its weekday."""
    if value is None:
        return NOTHING
    return f"{weekday(value.isoweekday())} {short_day(value)} {value.year}"


def short_day(value: date) -> str:
    """A day of a known year."""
    return f"{value.day} {_MONTHS[value.month - 1]}"


def moment(value: datetime) -> str:
    """A day and a time to the minute, kept on one line."""
    month = _MONTHS[value.month - 1][:3]
    return f"{value.day} {month} {value.year} {value:%H:%M}".replace(" ", "\N{NO-BREAK SPACE}")


def span(first: date, last: date) -> str:
    """Both ends of a time."""
    if first == last:
        return day(first)
    year = "" if first.year == last.year else f" {first.year}"
    return f"{short_day(first)}{year} to {short_day(last)} {last.year}"


def weekday(iso: int) -> str:
    """Name of a weekday, 1 for Monday."""
    return _WEEKDAYS[iso - 1]


def hour(value: int) -> str:
    """The hour that begins at this time."""
    return f"{value:02}:00"


def words(identifier: str | None) -> str:
    """A name as tables hold it, with blanks: potential_loyalist becomes potential loyalist."""
    return clean(identifier).replace("_", " ")


def plural(number: int, noun: str, nouns: str | None = None) -> str:
    """A count and its noun: 1 day, 2 days."""
    return f"{number:,} {noun if number == 1 else nouns or noun + 's'}"


def clean(text: str | None) -> str:
    """Text from files without what can't be seen: control characters and marks of direction."""
    if text is None:
        return NOTHING
    seen = "".join(letter if letter.isprintable() else " " for letter in text)
    return " ".join(seen.split()) or NOTHING


def shortened(text: str, longest: int) -> str:
    """Text cut to a length, with a mark where it was cut."""
    return text if len(text) <= longest else text[: longest - 1].rstrip() + "…"


def _rounded(value: Decimal, unit: str) -> Decimal:
    return Decimal(value).quantize(Decimal(unit), ROUND_HALF_UP)
