"""Characters that nobody sees, by Unicode's own lists, and what text_key makes of them."""

from __future__ import annotations

from jinja2 import Environment

from orchestration.project import PROJECT_FOLDER

# Default_Ignorable_Code_Point in DerivedCoreProperties.txt of Unicode 16.
IGNORABLE = [
    chr(code)
    for first, last in (
        (0x00AD, 0x00AD),
        (0x034F, 0x034F),
        (0x061C, 0x061C),
        (0x115F, 0x1160),
        (0x17B4, 0x17B5),
        (0x180B, 0x180F),
        (0x200B, 0x200F),
        (0x202A, 0x202E),
        (0x2060, 0x206F),
        (0x3164, 0x3164),
        (0xFE00, 0xFE0F),
        (0xFEFF, 0xFEFF),
        (0xFFA0, 0xFFA0),
        (0xFFF0, 0xFFF8),
        (0x1BCA0, 0x1BCA3),
        (0x1D173, 0x1D17A),
        (0xE0000, 0xE0FFF),
    )
    for code in range(first, last + 1)
]
# White_Space in PropList.txt, the marks of annotations and the empty Braille cell.
BLANK = [
    *map(chr, (*range(0x09, 0x0E), 0x20, 0x85, 0xA0, 0x1680, *range(0x2000, 0x200B))),
    *map(chr, (0x2028, 0x2029, 0x202F, 0x205F, 0x3000, 0xFFF9, 0xFFFA, 0xFFFB, 0x2800)),
]
JOINERS = "\u200c\u200d"
FILLERS = "\u3164\uffa0"  # of Hangul: ignorable by the list, and as wide as a letter
FAMILY = "\U0001f468\u200d\U0001f469\u200d\U0001f467"
ENGLAND, SCOTLAND = (
    "\U0001f3f4" + "".join(chr(0xE0000 + ord(letter)) for letter in f"{code}\x7f")
    for code in ("gbeng", "gbsct")
)


def spellings() -> list[tuple[str, str]]:
    """Names as they came, and the one spelling of each."""
    found = [(FAMILY, FAMILY), (ENGLAND, ENGLAND), (SCOTLAND, SCOTLAND), ("a \u4e2d", "a \u4e2d")]
    for sign in [*IGNORABLE, *BLANK]:
        looks_blank = sign in FILLERS or (sign in BLANK and sign not in "\ufff9\ufffa\ufffb")
        inside = "Ho me" if looks_blank else f"Ho{sign}me" if sign in JOINERS else "Home"
        found += [(f"Home{sign}", "Home"), (f"{sign}Home", "Home"), (sign, "")]
        found += [(f"Ho{sign}me", inside), (f" {sign} Home{sign}{sign}", "Home")]
    return found


def text_key(column: str) -> str:
    """The SQL of the macro, for a column."""
    macro = (PROJECT_FOLDER / "macros" / "text_key.sql").read_text()
    text = f"{macro}{{{{ text_key('{column}') }}}}"
    return Environment(autoescape=False).from_string(text).render()
