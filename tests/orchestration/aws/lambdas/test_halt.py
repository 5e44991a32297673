from __future__ import annotations

import pytest

from orchestration.aws.lambdas.halt import PipelineFailed, handler

EXPLANATION = {"message": "The pipeline of dev failed at Build."}


def test_a_failed_execution_ends_with_the_explanation() -> None:
    event = {"explanation": EXPLANATION, "redrives_at_failure": 1, "redrives": 1}
    with pytest.raises(PipelineFailed, match=r"^The pipeline of dev failed at Build\.$"):
        handler(event, None)


def test_a_redriven_execution_passes() -> None:
    event = {"explanation": EXPLANATION, "redrives_at_failure": 1, "redrives": 2}
    assert handler(event, None) == {"redrives": 2}
