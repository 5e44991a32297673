"""What has to be known of a CloudFormation template, such as which parameters it takes."""

from __future__ import annotations

from typing import Any

import yaml


class _Loader(yaml.SafeLoader):
    """Reads a template, with nothing in the place of what CloudFormation computes (`!Sub` ..)."""


def _nothing(loader: _Loader, tag: str, node: yaml.Node) -> None:
    return None


_Loader.add_multi_constructor("!", _nothing)


def load_template(text: str) -> dict[str, Any]:
    """A template as plain values, None for what CloudFormation computes."""
    loaded: dict[str, Any] = yaml.load(text, _Loader)
    return loaded


def parameters_of(template: str) -> set[str]:
    """Names of the parameters that a template declares."""
    return set(load_template(template).get("Parameters") or {})


def outputs_of(template: str) -> set[str]:
    """Names of the outputs that a template declares."""
    return set(load_template(template).get("Outputs") or {})
