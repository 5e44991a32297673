"""Whether the arguments of a call fit a signature, and what its types are then."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlglot import exp

from lakehouse.query.kinds import INTEGERS, becomes, common, digits_of, parts_of
from lakehouse.query.scopes import Scope, Term
from lakehouse.query.signatures import DECIMALS, Signature

if TYPE_CHECKING:
    from lakehouse.query.terms import Terms

_ANY = ("T", "U", "K", "V", "E")
# What is equal to itself: no NaN, and no list or map with NULL in it.
_EQUAL = ("K", "E")
_MOMENTS = {
    "M": ("date", "timestamp", "timestamp with time zone", "zoned"),
    "C": ("timestamp", "timestamp with time zone", "zoned"),
}
# Whole numbers that are written out, by the least that there may be.
WHOLE = {"digits": 0, "place": 1}


class Fit:
    """A signature with the arguments of a call: whether they fit, and how they are written."""

    def __init__(
        self, terms: Terms, signature: Signature, given: list[exp.Expr], scope: Scope
    ) -> None:
        self.signature = signature
        self.terms: list[Term] = []
        self.kinds: dict[str, str] = {}
        self.conversions = 0
        self.nodes = given
        self._digits: tuple[int, int] = (0, 0)
        wanted = list(signature.arguments)
        if wanted and wanted[-1].endswith("..."):
            last = wanted.pop().removesuffix("...")
            wanted += [last] * (len(given) - len(wanted))
        self.wanted = wanted
        self.is_fitting = self._take(terms, scope)

    def _take(self, terms: Terms, scope: Scope) -> bool:
        for wanted, node in zip(self.wanted, self.nodes, strict=True):
            if "=>" in wanted:
                if not isinstance(node, exp.Lambda):
                    return False
                continue
            if isinstance(node, exp.Lambda):
                return False
            term = terms.of(node, scope)
            if not self._fits(wanted, term):
                return False
        self.terms = [
            self._lambda(terms, wanted, node, scope)
            if isinstance(node, exp.Lambda)
            else terms.of(node, scope)
            for wanted, node in zip(self.wanted, self.nodes, strict=True)
        ]
        return all(self._is_bound(wanted) for wanted in self.wanted)

    def _is_bound(self, wanted: str) -> bool:
        return "=>" not in wanted or self.kinds.get("lambda", "") != "wrong"

    def _fits(self, wanted: str, term: Term) -> bool:
        kind = term.kind
        if wanted.startswith("{"):
            return term.text is not None and term.text.lower() in wanted[1:-1].split("|")
        if wanted.startswith("exactly "):
            return kind == wanted.removeprefix("exactly ")
        if wanted == "any":
            return kind != "zoned" and not kind.startswith("interval")
        if wanted == "literal":
            return term.text is not None and kind == "varchar"
        if wanted in WHOLE:
            is_whole = term.text is not None and kind in INTEGERS and term.text.isdecimal()
            return is_whole and int(term.text or 0) >= WHOLE[wanted]
        if wanted == "interval":
            return bool(term.unit)
        if wanted == "D":
            self._digits = digits_of(kind) or (0, 0)
            self.kinds["D"] = kind
            return kind.startswith("decimal")
        if wanted in _MOMENTS:
            if kind not in _MOMENTS[wanted]:
                return False
            merged = common(self.kinds.get(wanted, kind), kind)
            self.kinds[wanted] = merged or ""
            return merged is not None
        if wanted == "I":
            self.kinds["I"] = str(common(self.kinds.get("I", kind), kind))
            return kind in INTEGERS
        return self._unify(wanted, kind)

    def _unify(self, wanted: str, kind: str) -> bool:
        """Bind the variables of a type, each to what all its uses have in common."""
        if wanted in _ANY:
            merged = common(self.kinds.get(wanted, "unknown"), kind)
            if merged is None or "zoned" in (merged, kind) or kind.startswith("interval"):
                return False
            if wanted in _EQUAL and merged.startswith(("double", "array", "map")):
                return False
            self.kinds[wanted] = merged
            return True
        name, inner = parts_of(wanted)
        if inner:
            held_name, held = parts_of(kind)
            if kind == "unknown":
                return True
            return held_name == name and all(
                self._unify(*pair) for pair in zip(inner, held, strict=True)
            )
        self.conversions += kind != wanted
        return becomes(kind, wanted)

    def _lambda(self, terms: Terms, wanted: str, node: exp.Lambda, scope: Scope) -> Term:
        given, made = wanted.split("=>")
        (name,) = (part.name for part in node.expressions[:1])
        if len(node.expressions) != 1:
            raise terms.refuse.unproven(node, "a lambda with several parameters here")
        parameter = Term(f"p_{name.lower()}", self.bound(given))
        body = terms.of(node.this, Scope(parent=scope, parameters={name.lower(): parameter}))
        if made == "boolean":
            sql = terms.converted(node.this, body, "boolean")
        else:
            self.kinds[made], sql = body.kind, body.sql
        return Term(f"lambda {parameter.sql}: {sql}", "lambda")

    def bound(self, kind: str) -> str:
        """A type of the signature with its variables filled in."""
        if kind in DECIMALS:
            return DECIMALS[kind](*self._digits)
        if kind in self.kinds:
            return self.kinds[kind]
        name, inner = parts_of(kind)
        return f"{name}({','.join(self.bound(part) for part in inner)})" if inner else kind
