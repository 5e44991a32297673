"""Tries random cases of one kind; the same seed gives the same cases, anywhere."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from hypothesis.internal.conjecture import providers

# Else it would draw constants of whatever code of ours is loaded, other ones in each process.
setattr(providers, "is_local_module_file", lambda file: False)  # noqa: B010

# After ten cases hypothesis begins to vary those it had; many seeds try more that is new.
CASES_PER_SEED = 10

Case = TypeVar("Case")


def try_cases(
    number: int,
    cases: st.SearchStrategy[Case],
    judge: Callable[[Case], None],
    count: int = CASES_PER_SEED,
    shrinks: bool = True,
) -> None:
    """Judge the cases of one seed.

    Args:
        number: The seed.
        cases: Makes them.
        judge: Raises what is wrong with one.
        count: How many to try.
        shrinks: Make the first that fails as small as it can be. Else it is shown as it is.

    Raises:
        AssertionError: A case failed; it is in the error's notes.
    """
    tried: set[str] = set()

    @seed(number)
    @settings(
        max_examples=count,
        phases=[Phase.generate, Phase.shrink] if shrinks else [Phase.generate],
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        print_blob=False,
    )
    @given(cases)
    def judge_new(case: Case) -> None:
        if str(case) not in tried:
            judge(case)
            tried.add(str(case))

    judge_new()
