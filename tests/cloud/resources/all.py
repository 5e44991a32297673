"""Every type of CloudFormation that the stand-in has."""

from __future__ import annotations

from tests.cloud.resources import catalog, messages, programs, storage
from tests.cloud.resources.kinds import Kind

KINDS: dict[str, Kind] = {
    kind.type: kind for kind in [*storage.KINDS, *catalog.KINDS, *messages.KINDS, *programs.KINDS]
}
