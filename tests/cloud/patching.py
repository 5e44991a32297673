"""How a patch puts its own code in the place of moto's."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any


def replace(owner: Any, name: str, make: Callable[[Any], Any]) -> None:
    """Replace an attribute of a class or module of moto by `make(what it was)`.

    Raises:
        AttributeError: moto has no such attribute (any more), so the patch is out of date.
    """
    setattr(owner, name, make(getattr(owner, name)))


def replace_everywhere(module: Any, name: str, make: Callable[[Any], Any]) -> None:
    """Replace a function of moto in its module and in every module that imported it by name."""
    old = getattr(module, name)
    new = make(old)
    for loaded in list(sys.modules.values()):
        if loaded.__name__.startswith("moto.") and getattr(loaded, name, None) is old:
            setattr(loaded, name, new)
