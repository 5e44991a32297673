from __future__ import annotations

import re

from lakehouse.silver_reasons import expected_by_silver
from orchestration.project import PROJECT_FOLDER
from orchestration.project.silver import project_vars

_REASON = re.compile(r"^ +'(\w+(?::\w+)?)': ", re.MULTILINE)


def test_every_rule_of_silver_says_what_it_expects() -> None:
    models = (PROJECT_FOLDER / "models" / "silver").glob("*_checked.sql")
    reasons = [reason for model in models for reason in _REASON.findall(model.read_text())]
    assert len(reasons) >= 20
    limits = project_vars()
    assert [reason for reason in reasons if not expected_by_silver(reason, limits)] == []


def test_a_reason_that_is_not_known_has_no_words() -> None:
    assert expected_by_silver("unheard_of:amount", {}) == ""
