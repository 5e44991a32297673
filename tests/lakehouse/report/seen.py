"""What a reader of the page finds: its text, its tables by caption, its drawings by name."""

from __future__ import annotations

from html.parser import HTMLParser


class Seen(HTMLParser):
    """The page as parsed.

    Attributes:
        text: All text outside of drawings and the style sheet.
        tables: Caption to rows of cells, the headings first.
        drawings: Name and text of each drawing.
        tags: Every element with its attributes.
    """

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.text = ""
        self.tables: dict[str, list[list[str]]] = {}
        self.drawings: list[tuple[str | None, str]] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self._open: list[str] = []
        self._caption = ""
        self._rows: list[list[str]] = []
        self.feed(page)
        self.text = " ".join(self.text.split())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag in ("meta", "link", "img", "br"):
            return
        self._open.append(tag)
        if tag == "svg":
            self.drawings.append((dict(attrs).get("aria-label"), ""))
        elif tag == "table":
            self._caption, self._rows = "", []
        elif tag == "tr":
            self._rows.append([])
        elif tag in ("th", "td"):
            self._rows[-1].append("")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag
        if tag == "table":
            self.tables[self._caption] = self._rows

    def handle_data(self, data: str) -> None:
        if "svg" in self._open:
            name, text = self.drawings[-1]
            self.drawings[-1] = (name, f"{text} {data.strip()}".strip())
        elif "style" not in self._open:
            self.text += f" {data}"
            if "caption" in self._open:
                self._caption += data
            elif self._open and self._open[-1] in ("th", "td"):
                self._rows[-1][-1] += data.strip()
