"""What decides the rows of a table or the outcome of a test, beside the tables that it reads.

Data flow: files of a node + macros and vars that they name + settings of all nodes -> SHA-256

It reads files and parses no model, so that a plan can ask it as well. What it can't tell apart it
takes for needed: a word that is the name of a macro counts as its use.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import yaml

from ingestion.settings import Settings
from orchestration import project
from orchestration.project.digest import project_files
from orchestration.project.tables import AUDIT_COLUMNS

# Of every node, each as it stands.
_OF_ALL = (
    *("profiles/profiles.yml", "uv.lock"),
    *("packages.yml", "dependencies.yml", "package-lock.yml"),
)
_PROJECT_SETTINGS, _VARS = "dbt_project.yml", "vars"
_MACROS = ("macros/", "tests/dbt/generic/")
_DESCRIBED = ("models/", "seeds/")
# Of yml: what is said for people, and tests, which are nodes of their own.
_FOR_PEOPLE, _TESTS = "description", ("data_tests", "tests", "unit_tests")

_BLOCK = re.compile(r"\{%-?\s*(macro|test|data_test|materialization)\s+(\w+)")
# Name of a macro for one adapter.
_DISPATCHED = re.compile(r"[a-z]+?__(\w+)")
_WORD = re.compile(r"\w+")
_VAR = re.compile(r"\bvar\(\s*(?:['\"](\w+)['\"])?")
_ENVIRONMENT = re.compile(r"\benv_var\(\s*(?:['\"](\w+)['\"])?")
_CUSTOM_VARIABLES = "DBT_ENV_CUSTOM_ENV_"
# They tell where a root is, which run this is and which days it replaces, but no value of a table.
_NO_VALUE = {
    "LAKEHOUSE_ROOT",
    f"{_CUSTOM_VARIABLES}LAKEHOUSE_RUN_ID",
    f"{_CUSTOM_VARIABLES}LAKEHOUSE_AFFECTED_DAYS",
}
_AUDIT = re.compile(r"(?:current_timestamp\(\)|\{\{-?\s*run_id\(\)\s*-?\}\})\s+as\s+(\w+)")
# Another value each time, or that of a table that dbt does not know to be read.
_UNBOUNDED = re.compile(
    r"\b(?:current_(?:timestamp|date|time|user)|localtimestamp|run_started_at|invocation_id"
    r"|invocation_args_dict|lakehouse_run_id|modules|graph|context|input_file_name)\b"
    r"|\b(?:now|rand|randn|random|uuid|shuffle|curdate|getdate|unix_timestamp"
    r"|monotonically_increasing_id|spark_partition_id)\s*\("
    r"|\b(?:from|join)\s+`?\w+`?\s*\.\s*[\w`]",
    re.IGNORECASE,
)


class Fingerprints:
    """Fingerprints of the nodes of the project as its files are when this is made."""

    def __init__(self, settings: Settings) -> None:
        folder = project.PROJECT_FOLDER
        self._settings = settings
        self._texts = {
            path.relative_to(folder).as_posix(): path.read_bytes().decode(errors="replace")
            for path in sorted(project_files(folder))
        }
        self._known: dict[tuple[str, ...], str | None] = {}
        self._macros: dict[str, set[str]] = {}
        self._of_every_node: set[str] = set()
        for file in self._texts:
            if file.startswith(_MACROS) and file.endswith(".sql"):
                self._add_macros(file)

    def of(self, files: Sequence[str]) -> str | None:
        """SHA-256 of all that decides a node, None if that can't be told from files.

        Args:
            files: Paths of its source and of the ephemeral models that it reads.
        """
        key = tuple(files)
        if key not in self._known:
            self._known[key] = self._of(key)
        return self._known[key]

    def macros_of(self, files: Sequence[str]) -> set[str]:
        """Paths of the macros whose text a fingerprint takes in."""
        texts = [_without_audit(self._text(file)) for file in files]
        return self._named_in(texts) | self._macros_of_all

    def _of(self, files: Sequence[str]) -> str | None:
        texts = [_without_audit(self._text(file)) for file in files]
        named = self._named_in(texts)
        texts += [self._read(macro) for macro in sorted(named)]
        if any(_UNBOUNDED.search(text) for text in texts):
            return None
        values = self._values(texts)
        if values is None:
            return None
        parts = [self._common, *(self._text(file) for file in files), *texts[len(files) :], values]
        return hashlib.sha256("\0".join(parts).encode()).hexdigest()

    def _add_macros(self, file: str) -> None:
        for kind, name in _BLOCK.findall(self._read(file)):
            if kind == "materialization" or _base(name) in _names_of_dbt():
                self._of_every_node.add(file)
            else:
                for known_as in (name, _base(name), f"test_{name}"):
                    self._macros.setdefault(known_as, set()).add(file)

    def _named_in(self, texts: Iterable[str]) -> set[str]:
        """Files of the macros that these texts use, and of those that they use in turn."""
        found: set[str] = set()
        waiting = list(texts)
        while waiting:
            words = set(_WORD.findall(waiting.pop()))
            files = {file for name in words & self._macros.keys() for file in self._macros[name]}
            waiting += [self._read(file) for file in files - found]
            found |= files
        return found

    def _values(self, texts: Sequence[str]) -> str | None:
        """The vars and variables that texts ask for, as JSON; None for a name that is made up."""
        variables = {name for text in texts for name in _ENVIRONMENT.findall(text)}
        if "" in variables:
            return None
        names = {name for text in texts for name in _VAR.findall(text)}
        declared = self._project_settings.get(_VARS) or {}
        known = {name: declared.get(name) for name in names}
        if not names <= declared.keys():  # also a name that is made up
            known = declared
        values = {name: os.environ.get(name) for name in variables - _NO_VALUE}
        return json.dumps([known, values], sort_keys=True, default=str)

    @cached_property
    def _common(self) -> str:
        """What every node depends on."""
        text = self._settings_of_all
        texts = [text, *map(self._read, sorted(self._macros_of_all))]
        custom = {
            name: value
            for name, value in os.environ.items()
            if name.startswith(_CUSTOM_VARIABLES) and name not in _NO_VALUE
        }
        # A bucket is built by Glue, whichever engine this machine has.
        engine = self._settings.engine.value if self._settings.is_local else "glue"
        parts = [self._settings.database_prefix, engine, json.dumps(custom, sort_keys=True)]
        parts += map(self._read, _OF_ALL)
        # A made-up name could be any, so that what changes is not known: no fingerprint recurs.
        parts.append(self._values(texts) or os.urandom(16).hex())
        return hashlib.sha256("\0".join([*texts, *parts]).encode()).hexdigest()

    @cached_property
    def _settings_of_all(self) -> str:
        settings = {key: value for key, value in self._project_settings.items() if key != _VARS}
        return json.dumps([settings, self._sources], sort_keys=True, default=str)

    @cached_property
    def _macros_of_all(self) -> set[str]:
        """Macros that dbt calls by itself, or that the settings of all nodes name."""
        texts = [self._settings_of_all, *map(self._read, self._of_every_node)]
        return self._named_in(texts) | self._of_every_node

    @cached_property
    def _project_settings(self) -> dict[str, Any]:
        return dict(yaml.safe_load(self._read(_PROJECT_SETTINGS)))

    @cached_property
    def _yml(self) -> dict[str, Any]:
        loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # in a tenth of the time
        return {
            file: _stripped(yaml.load(text, loader), (_FOR_PEOPLE,)) or {}
            for file, text in self._texts.items()
            if file.startswith(_DESCRIBED) and file.endswith((".yml", ".yaml"))
        }

    @cached_property
    def _described(self) -> dict[str, list[Any]]:
        """Model or seed to what yml says of it, without its tests."""
        found: dict[str, list[Any]] = {}
        for content in self._yml.values():
            for node in (*(content.get("models") or ()), *(content.get("seeds") or ())):
                said = _stripped(node, _TESTS)
                columns = [one for one in said.pop("columns", None) or () if set(one) > {"name"}]
                if columns or set(said) > {"name"}:
                    found.setdefault(str(said["name"]), []).append(said | {"columns": columns})
        return found

    @property
    def _sources(self) -> list[Any]:
        """Where the sources are."""
        sources = [one for content in self._yml.values() for one in content.get("sources") or ()]
        return [_stripped(source, (*_TESTS, "columns")) for source in sources]

    def _text(self, file: str) -> str:
        """A file of a node; with what yml says of it, or as yml that is for programs."""
        if file in self._yml:
            return json.dumps(self._yml[file], sort_keys=True, default=str)
        described = self._described.get(Path(file).stem)
        more = json.dumps(described, sort_keys=True, default=str) if described else ""
        return f"{file}\0{self._read(file)}\0{more}"

    def _read(self, file: str) -> str:
        """The text of a file; none of one that is gone, which has no node."""
        return self._texts.get(file, "")


def _without_audit(text: str) -> str:
    """The text without audit columns, which say who wrote a row and when."""
    return _AUDIT.sub(lambda found: "" if found[1] in AUDIT_COLUMNS else found[0], text)


def _stripped(content: Any, names: Sequence[str]) -> Any:
    """YAML without the entries of these names, however deep."""
    if isinstance(content, Mapping):
        return {key: _stripped(value, names) for key, value in content.items() if key not in names}
    return [_stripped(one, names) for one in content] if isinstance(content, list) else content


def _names_of_dbt() -> frozenset[str]:
    """The macros that dbt and its adapters call by themselves, which a project can replace."""
    if not _names:
        spec = find_spec("dbt")  # without importing it
        for folder in (spec.submodule_search_locations or ()) if spec else ():
            for path in Path(folder, "include").glob("*/macros/**/*.sql"):
                blocks = _BLOCK.findall(path.read_text(encoding="utf-8"))
                _names.update(_base(name) for _, name in blocks)
    return frozenset(_names)


_names: set[str] = set()


def _base(name: str) -> str:
    dispatched = _DISPATCHED.fullmatch(name)
    return dispatched[1] if dispatched else name
