"""A reader of Thrift's compact protocol, as far as the metadata of Parquet files needs it.

Data flow: bytes -> nested dictionaries, field number to value

No library at hand gives the page index of a Parquet file, and it is one structure in this format.
https://github.com/apache/thrift/blob/master/doc/specs/thrift-compact-protocol.md
"""

from __future__ import annotations

import struct
from typing import Any

Struct = dict[int, Any]

_TRUE, _FALSE, _BYTE, _DOUBLE, _BINARY, _LIST, _SET, _STRUCT = 1, 2, 3, 7, 8, 9, 10, 12
_INTEGERS = (4, 5, 6)


def read_struct(data: bytes, position: int = 0) -> Struct:
    """Read the structure that begins at a position."""
    return _Reader(data, position).struct()


class _Reader:
    def __init__(self, data: bytes, position: int) -> None:
        self._data = data
        self._at = position

    def struct(self) -> Struct:
        fields: Struct = {}
        number = 0
        while head := self._byte():
            step, type_ = head >> 4, head & 0x0F
            number = number + step if step else self._integer()
            # A boolean field has its value in its type.
            fields[number] = type_ == _TRUE if type_ in (_TRUE, _FALSE) else self._value(type_)
        return fields

    def _value(self, type_: int) -> Any:
        if type_ in _INTEGERS:
            return self._integer()
        if type_ == _BINARY:
            return self._take(self._varint())
        if type_ == _STRUCT:
            return self.struct()
        if type_ in (_LIST, _SET):
            return self._list()
        if type_ == _DOUBLE:
            return struct.unpack("<d", self._take(8))[0]
        if type_ == _BYTE:
            return self._byte()
        raise ValueError(f"type {type_} does not occur in Parquet metadata")

    def _list(self) -> list[Any]:
        head = self._byte()
        count = head >> 4 if head >> 4 < 15 else self._varint()
        type_ = head & 0x0F
        if type_ in (_TRUE, _FALSE):
            return [self._byte() == _TRUE for _ in range(count)]
        return [self._value(type_) for _ in range(count)]

    def _integer(self) -> int:
        zigzag = self._varint()
        return (zigzag >> 1) ^ -(zigzag & 1)

    def _varint(self) -> int:
        value = shift = 0
        while True:
            byte = self._byte()
            value |= (byte & 0x7F) << shift
            if byte < 0x80:
                return value
            shift += 7

    def _byte(self) -> int:
        self._at += 1
        return self._data[self._at - 1]

    def _take(self, count: int) -> bytes:
        self._at += count
        return self._data[self._at - count : self._at]
