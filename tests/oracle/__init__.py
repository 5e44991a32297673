"""A second, independent implementation of silver and gold, to check the pipeline against."""

from .oracle import Oracle

__all__ = ["Oracle"]
