"""JSON paths that name one value: moto gives `[1]` for `$.list[0].x` where AWS gives 1.

A Choice on such a path goes to its Default, whatever the value. Paths with wildcards, slices or
filters stay moto's.
"""

from __future__ import annotations

import re
from typing import Any

from moto.stepfunctions.parser import models as _loads_all_of_it  # noqa: F401
from moto.stepfunctions.parser.asl.utils import json_path

from tests.cloud.patching import replace_everywhere
from tests.cloud.stand_in import StandIn

STEP = r"\.(?P<name>[A-Za-z_][\w-]*)|\['(?P<quoted>[^']+)'\]|\[(?P<index>-?\d+)\]"
DEFINITE = re.compile(rf"\$\$?(?:{re.sub(r'[?]P<[a-z]+>', '?:', STEP)})*")


def apply(stand_in: StandIn) -> None:
    """Walk definite paths step by step."""

    def definite(old: Any) -> Any:
        def extract_json(path: str, data: Any) -> Any:
            return value_at(path, data) if DEFINITE.fullmatch(path) else old(path, data)

        return extract_json

    replace_everywhere(json_path, "extract_json", definite)


def value_at(path: str, data: Any) -> Any:
    """The one value that a definite path names.

    Raises:
        NoSuchJsonPathError: There is none.
    """
    value = data
    for step in re.finditer(STEP, path):
        name = step["name"] or step["quoted"]
        try:
            value = value[name] if name else value[int(step["index"])]
        except (KeyError, IndexError, TypeError):
            raise json_path.NoSuchJsonPathError(json_path=path, data=data) from None
    return value
