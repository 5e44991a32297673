"""Whether the arguments of a call fit a signature, and what its types are then."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from sqlglot import exp

from lakehouse.query.kinds import INTEGERS, becomes, common, digits_of, parts_of
from lakehouse.query.scopes import Scope, Term, in_kind
from lakehouse.query.signatures import DECIMALS, Signature

if TYPE_CHECKING:
    from lakehouse.query.terms import Terms

_ANY = ("T", "U", "K", "V", "E", "S", "O")
# What is equal to itself: no NaN, and no list or map with NULL in it.
_EQUAL = ("K", "E")
# What has an order in Trino.
_ORDERED = "O"
_MOMENTS = {
    "M": ("date", "timestamp", "timestamp with time zone", "zoned"),
    "C": ("timestamp", "timestamp with time zone", "zoned"),
}
# Whole numbers that are written out, by their form.
WHOLE = {"digits": r"\d{1,4}", "place": r"[1-9]\d{0,8}", "before": r"-([1-9]|1[0-8])"}
_MOST_STATES = 4


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
            return kind in INTEGERS and re.fullmatch(WHOLE[wanted], term.text or "") is not None
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
            if wanted in _EQUAL and merged.startswith(("double", "array", "map", "json")):
                return False
            if wanted == _ORDERED and merged.startswith(("map", "json")):
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
        """A lambda; one of a key and a value is in DuckDB one of an entry with both."""
        given, made = wanted.split("=>")
        kinds = given.strip("()").split(",")
        names = [part.name.lower() for part in node.expressions]
        if len(names) != len(kinds):
            raise terms.refuse.unproven(node, f"a lambda with {len(names)} parameters here")
        if len(kinds) == 1 or kinds[0] == made:
            shown = [f"p_{name}" for name in names]
            heads = shown
        else:
            heads = [f"p_{names[0]}"]
            shown = [f"struct_extract({heads[0]}, '{part}')" for part in ("key", "value")]
        for _ in range(_MOST_STATES):
            pairs = zip(names, zip(shown, kinds, strict=True), strict=True)
            known = {name: Term(sql, self.bound(kind)) for name, (sql, kind) in pairs}
            body = terms.of(node.this, Scope(parent=scope, parameters=known))
            if made == "boolean":
                sql = terms.converted(node.this, body, "boolean")
                break
            state = self.kinds.get(made) if made in kinds[:1] and made == "S" else body.kind
            merged = common(str(state), body.kind)
            if merged is None:
                raise terms.refuse.mismatch(node, f"Athena does not make {state} of {body.kind}.")
            self.kinds[made] = merged
            if merged == state:
                sql = in_kind(body, merged)
                break
        else:
            raise terms.refuse.mismatch(node, "the type of the state grows with each step.")
        return Term(f"lambda {', '.join(heads)}: {sql}", "lambda")

    def bound(self, kind: str) -> str:
        """A type of the signature with its variables filled in."""
        if kind in DECIMALS:
            return DECIMALS[kind](*self._digits)
        if kind in self.kinds:
            return self.kinds[kind]
        name, inner = parts_of(kind)
        return f"{name}({','.join(self.bound(part) for part in inner)})" if inner else kind
