"""The bytes of a raw file as one text in UTF-8, or the fault that says what they are instead.

Data flow: bytes as they arrived -> unpacked -> known to be text -> UTF-8 without marks at its ends

The text stays bytes: a decoded copy would take up to four times the room.
"""

from __future__ import annotations

import codecs
import gzip
import io
import re
import zlib

from ingestion.faults import FileFault

_READ_BYTES = 1 << 20
_GZIP = b"\x1f\x8b"
# How files begin that were saved or named as something else, and what to do about it.
_KINDS = {
    _GZIP: "a gzip archive; end its name in .csv.gz",
    b"PK\x03\x04": "a zip archive or an Excel workbook; save the table as CSV in UTF-8",
    b"\xd0\xcf\x11\xe0": "an old Excel workbook; save the table as CSV in UTF-8",
    b"PAR1": "a Parquet file; export the table as CSV",
    b"%PDF": "a PDF; export the table as CSV",
    b"BZh": "a bzip2 archive; unpack it, or pack it by gzip",
    b"\xfd7zXZ\0": "an xz archive; unpack it, or pack it by gzip",
    b"\x28\xb5\x2f\xfd": "a zstd archive; unpack it, or pack it by gzip",
    b"7z\xbc\xaf": "a 7z archive; unpack it, or pack it by gzip",
    b"SQLite format 3\0": "an SQLite database; export the table as CSV",
}
# Longest mark first: that of UTF-32 begins with that of UTF-16.
_MARKS = {
    codecs.BOM_UTF32_LE: "UTF-32",
    codecs.BOM_UTF32_BE: "UTF-32",
    codecs.BOM_UTF16_LE: "UTF-16",
    codecs.BOM_UTF16_BE: "UTF-16",
}
# Ctrl-Z, by which programs of DOS mark the end of a text.
_END_MARK = re.compile(rb"[\r\n]*\x1a[\x1a\r\n]*\Z")


def text_of(content: bytes, file_name: str, max_bytes: int) -> bytes:
    """Unpack a file's content; a byte order mark and Ctrl-Z at the end are dropped.

    Args:
        content: The bytes as they arrived.
        file_name: Tells whether the file is gzipped.
        max_bytes: Limit of the text's size once unpacked, against archives made to fill a disk.

    Raises:
        FileFault: `empty_file`, `truncated_gzip`, `too_large`, `binary` or `not_utf8`.
    """
    if len(content) > max_bytes:
        raise too_large(max_bytes)
    if file_name.endswith(".gz") and content:
        content = _unpack(content, max_bytes)
    _require_text(content)
    end = _END_MARK.search(content, max(0, len(content) - 1024))
    # A slice is a copy of the whole text; few files have a mark.
    first = len(codecs.BOM_UTF8) if content.startswith(codecs.BOM_UTF8) else 0
    text = content[first : end.start() if end else len(content)]
    if not text or text.isspace():
        raise FileFault("empty_file", "the file holds nothing")
    _require_utf8(text)
    return text


def too_large(max_bytes: int) -> FileFault:
    """The fault of a text beyond the limit."""
    return FileFault(
        "too_large",
        f"the text is larger than {max_bytes:,} bytes, the limit; a day has one file, so set"
        " LAKEHOUSE_MAX_FILE_BYTES higher and run `lakehouse replay`",
    )


def _unpack(content: bytes, max_bytes: int) -> bytes:
    if not content.startswith(_GZIP):
        raise FileFault(
            "truncated_gzip", "it is no gzip archive; if it is text, end its name in .csv"
        )
    unpacked = io.BytesIO()
    try:
        with gzip.open(io.BytesIO(content)) as stream:
            while block := stream.read(_READ_BYTES):
                unpacked.write(block)
                if unpacked.tell() > max_bytes:
                    raise too_large(max_bytes)
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise FileFault("truncated_gzip", f"the archive is cut or damaged ({error})") from None
    if unpacked.getbuffer()[:2] == _GZIP:
        raise FileFault("binary", "the archive holds another archive; pack the text once")
    return unpacked.getvalue()


def _require_text(content: bytes) -> None:
    for start, words in _KINDS.items():
        if content.startswith(start):
            raise FileFault("binary", f"this is {words}")
    for mark, name in _MARKS.items():
        if content.startswith(mark):
            raise FileFault("not_utf8", f"this is {name}; save it as UTF-8")
    position = content.find(b"\0")
    if position >= 0:
        around = content[max(0, position - 1) : position + 63]
        if len(around) > 2 and around.count(0) * 2 >= len(around) - 1:
            raise FileFault("not_utf8", "this looks like UTF-16; save it as UTF-8")
        raise FileFault("binary", f"byte {position} is zero: this is no text file")


def _require_utf8(text: bytes) -> None:
    """Decode the text piece by piece, keeping nothing of it."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        for start in range(0, len(text), _READ_BYTES):
            kept = decoder.getstate()[0]
            place = start - len(kept)
            decoder.decode(text[start : start + _READ_BYTES])
        kept = decoder.getstate()[0]
        place = len(text) - len(kept)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError as error:
        at = place + error.start
        ends = (text.count(end, 0, at) for end in (b"\n", b"\r"))
        line = sum(ends) - text.count(b"\r\n", 0, at) + 1
        raise FileFault(
            "not_utf8", f"line {line} is not valid UTF-8 (byte 0x{text[at]:02x}); save it as UTF-8"
        ) from None
