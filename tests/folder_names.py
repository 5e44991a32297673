"""Names of folders that people have, and those that are refused for a root and for the project."""

from __future__ import annotations

NAMES = [
    "My Lake",
    "50%",
    "%zz",
    "lake#1",
    "what?",
    "a*b",
    "{a,b}",
    'it\'s "quoted" `twice`',
    "~lake",
    "Café",
    "Cafe\u0301",
    "日本",
    "😀",
    "a&b=c:d;e",
    "<$HOME>!",
]
REFUSED = ["100%25", "a[b", "a]b", "a|b", "a\\b", "a^b", "a\nb", "a\tb", "a\x7fb", "a\udcffb"]
