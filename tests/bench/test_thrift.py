from __future__ import annotations

import pytest

from bench.thrift import read_struct


def test_a_structure_written_by_hand_is_read_field_by_field() -> None:
    data = bytes(
        [
            *(0x15, 0x05),  # field 1, i32: -3 in zigzag
            *(0x18, 0x02, 0x61, 0x62),  # field 2, binary of two bytes
            *(0x19, 0x21, 0x01, 0x02),  # field 3, list of two booleans
            *(0x1C, 0x16, 0xD8, 0x04, 0x00),  # field 4, a structure whose field 1, i64, is 300
            *(0x01, 0x28),  # field 20, too far for a step: true
            0x00,
        ]
    )
    expected = {1: -3, 2: b"ab", 3: [True, False], 4: {1: 300}, 20: True}
    assert read_struct(data) == expected
    assert read_struct(b"before" + data, 6) == expected


def test_a_type_that_metadata_never_has_is_refused() -> None:
    with pytest.raises(ValueError, match="type 11"):
        read_struct(bytes([0x1B, 0x00]))
