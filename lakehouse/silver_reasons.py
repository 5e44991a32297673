"""What the rules of silver expect, in words: of each reason, with the limit as it is set."""

from __future__ import annotations

from collections.abc import Mapping

_EXPECTED = {
    "not_positive": "a number above 0",
    "missing": "a name",
    "below:total_amount": "at least {min_order_amount} (min_order_amount)",
    "above:total_amount": "at most {max_order_amount} (max_order_amount)",
    "too_early:date": "no day earlier than {min_order_date} (min_order_date), nor than the day of"
    " its file by more than {max_days_behind} (max_days_behind); is the year a typing error?",
    "too_late:date": "no day later than {max_order_date} (max_order_date), nor than the day of its"
    " file by more than {max_days_ahead} (max_days_ahead); is the year a typing error?",
    "mismatch:date": "the day of order_timestamp",
    "mismatch:user_id": "the user_id of its order",
    "unknown_order": "waits for an order of its order_id",
    "unknown_product": "waits for a product of its product_id",
    "below:add_to_cart_order": "at least 1",
    "above:add_to_cart_order": "at most {max_add_to_cart_order} (max_add_to_cart_order)",
    "invalid:reordered": "0 or 1",
    "below:days_since_prior_order": "at least 0",
    "above:days_since_prior_order": "at most {max_days_since_prior_order}"
    " (max_days_since_prior_order)",
}


def expected_by_silver(reason: str, limits: Mapping[str, object]) -> str:
    """What was expected in the place of a rejected value, to be put behind it.

    Args:
        reason: The code.
        limits: The vars of the project.

    Returns:
        Words, empty for a reason that is not known here.
    """
    words = _EXPECTED.get(reason) or _EXPECTED.get(reason.partition(":")[0])
    if words is None:
        return ""
    if words.startswith("waits"):
        return f"; {words}"
    return f"; expected {words.format_map(limits)}"
