from __future__ import annotations

import re

from lakehouse.silver_reasons import expected_by_silver
from orchestration.project import PROJECT_FOLDER
from orchestration.project.silver import project_vars

# A rule of a model: its reason, and its SQL up to the next rule.
_RULE = re.compile(
    r"^ +'(?P<reason>\w+(?::\w+)?)': (?P<sql>(?:.(?!^ +['}]))*)", re.MULTILINE | re.DOTALL
)
_VAR = re.compile(r"var\('(\w+)'\)")


def test_every_rule_of_silver_says_what_it_expects() -> None:
    models = (PROJECT_FOLDER / "models" / "silver").glob("*_checked.sql")
    rules = [rule for model in models for rule in _RULE.finditer(model.read_text())]
    assert len(rules) >= 20
    limits = project_vars()
    for rule in rules:
        words = expected_by_silver(rule["reason"], limits)
        assert words, rule["reason"]
        assert [var for var in _VAR.findall(rule["sql"]) if f"({var})" not in words] == []


def test_a_reason_that_is_not_known_has_no_words() -> None:
    assert expected_by_silver("unheard_of:amount", {}) == ""
