"""Stand-ins for what Spark needs beyond Python packages: a Java, a Maven repository."""

from __future__ import annotations

import shutil
from pathlib import Path

from ingestion.jars import JARS, jar_paths
from ingestion.java import find_java

NEVER_RUN = "echo 'this Java must not be started' >&2; exit 1"

SETTINGS = """
<ivysettings>
  <settings defaultResolver="test"/>
  <resolvers><ibiblio name="test" m2compatible="true" root="{root}"/></resolvers>
</ivysettings>
"""


def make_java(home: Path, version: str | None, script: str = NEVER_RUN) -> Path:
    """A Java home; with a version it has a `release` file, as every JDK since 8."""
    (home / "bin").mkdir(parents=True)
    java = home / "bin" / "java"
    java.write_text(f"#!/bin/sh\n{script}\n")
    java.chmod(0o755)
    if version:
        (home / "release").write_text(f'IMPLEMENTOR="Test"\nJAVA_VERSION="{version}"\n')
    return home


def make_repository(folder: Path) -> Path:
    """The JARs of this environment in the layout of a Maven repository."""
    for jar, path in zip(JARS, jar_paths(), strict=True):
        place = folder / jar.group.replace(".", "/") / jar.name / jar.version
        place.mkdir(parents=True)
        shutil.copy(path, place)
    return folder


def environ_with_repository(folder: Path, root: str) -> dict[str, str]:
    """A Java, no proxy, and one repository."""
    settings = folder / "ivysettings.xml"
    settings.write_text(SETTINGS.format(root=root))
    return {"JAVA_HOME": str(find_java().home), "LAKEHOUSE_IVY_SETTINGS": str(settings)}
