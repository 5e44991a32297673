"""Which lakehouse the connections of dbt in this process are for, and in which workspace.

The `lakehouse` command says so for the time of its invocation. A plain `dbt` command says nothing:
it works in the workspace that `LAKEHOUSE_WORKSPACE` names, `dev` without it, and never in what
others read.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock

from ingestion.settings import Settings
from orchestration.state.workspaces import open_workspace

VARIABLE, DEFAULT_WORKSPACE = "LAKEHOUSE_WORKSPACE", "dev"

_said: list[Settings] = []
_opened: dict[Settings, Settings] = {}
# dbt opens its connections from several threads.
_lock = Lock()


@contextmanager
def dbt_works_on(settings: Settings) -> Iterator[None]:
    """Let the connections that dbt opens meanwhile be for these settings.

    The macros for Glue, whose connections are not ours, are told the workspace by the variable.
    """
    _said.append(settings)
    before = os.environ.pop(VARIABLE, None)
    if settings.workspace:
        os.environ[VARIABLE] = settings.workspace
    try:
        yield
    finally:
        _said.pop()
        os.environ.pop(VARIABLE, None)
        if before is not None:
            os.environ[VARIABLE] = before


def settings_for_dbt(engine: str) -> Settings:
    """The settings of a connection on an engine.

    Raises:
        LakehouseError: The workspace of a plain `dbt` command can't be opened.
    """
    if _said:
        return _said[-1]
    settings = Settings.read(engine=engine)
    with _lock:
        if settings not in _opened:
            name = os.environ.get(VARIABLE) or DEFAULT_WORKSPACE
            _opened[settings] = open_workspace(settings, name).settings
        return _opened[settings]
