"""The files of a root, whether it is a folder or a bucket.

Nothing above this room asks which of the two a root is. The Delta tables themselves are read and
written by delta-rs and the engines, which take both kinds of location.

Names are relative to the root, their parts separated by `/`, the same in a folder and a bucket.
"""

from __future__ import annotations

from orchestration.state.storage.folder import FolderStorage
from orchestration.state.storage.interface import Storage, StoredFile

__all__ = ["Storage", "StoredFile", "storage_of"]


def storage_of(root: str) -> Storage:
    """The storage of a root: a folder, or a bucket with or without a prefix."""
    if "://" not in root:
        return FolderStorage(root)
    # boto3 takes a third of a second to import, and a folder does without it.
    from orchestration.state.storage.bucket import BucketStorage

    return BucketStorage(root)
