"""Everything of one deployment in one folder, under a version that is the hash of its content.

Data flow: project -> wheel, zips, script, state machines, templates, parameters -> version

The same content has the same version, so deploying it again changes nothing.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from dataclasses import dataclass
from pathlib import Path

from ingestion.errors import LakehouseError
from ingestion.tables import TABLES
from orchestration.aws.deploy.contents import bundle_files, lambda_files
from orchestration.aws.deploy.named_queries import with_named_queries
from orchestration.aws.deploy.template import parameters_of
from orchestration.aws.deploy.wheel import build_wheel, python_modules
from orchestration.aws.deploy.zips import write_zip
from orchestration.aws.environment import STACKS, Environment

# Uploaded last: where it is, all else is.
PARAMETERS = "parameters.json"
TEMPLATES = "cloudformation"
_VERSION_LENGTH = 16


@dataclass(frozen=True)
class Package:
    """What one version of a deployment consists of.

    Attributes:
        folder: Has its files as they are in `scripts/<version>/` of the bucket.
        version: First digits of the hash of all of them.
    """

    folder: Path
    version: str

    @property
    def files(self) -> dict[str, Path]:
        """Name below `scripts/<version>/` to the file, sorted, `PARAMETERS` last."""
        paths = {path.relative_to(self.folder).as_posix(): path for path in _files(self.folder)}
        return dict(sorted(paths.items(), key=lambda item: (item[0] == PARAMETERS, item[0])))

    def template(self, name: str) -> str:
        """Text of a template of `STACKS`."""
        return (self.folder / TEMPLATES / f"{name}.yaml").read_text(encoding="utf-8")

    def parameters(self, template: str) -> dict[str, str]:
        """The parameters of a template; those of other templates are left out."""
        given = json.loads((self.folder / PARAMETERS).read_text(encoding="utf-8"))
        given["Version"] = self.version
        declared = parameters_of(self.template(template))
        return {name: value for name, value in given.items() if name in declared}


def build_package(project: Path, environment: Environment, folder: Path) -> Package:
    """Pack the project for an environment.

    Args:
        project: The project's folder, a clone.
        environment: Its parameters and its database names go into the package.
        folder: An empty folder, which becomes the package's.

    Raises:
        LakehouseError: Something can't be built, or a parameter is of no template.
    """
    source = project / "orchestration" / "aws"
    wheel = build_wheel(project, folder)
    write_zip(folder / "lambdas.zip", lambda_files(project))
    write_zip(folder / "dbt_bundle.zip", bundle_files(project))
    shutil.copyfile(source / "glue_scripts" / "ingest.py", folder / "ingest.py")
    for machine in sorted((source / "state_machines").glob("*.asl.json")):
        shutil.copyfile(machine, folder / machine.name)
    (folder / TEMPLATES).mkdir()
    for name in STACKS:
        text = (source / "cloudformation" / f"{name}.yaml").read_text(encoding="utf-8")
        if name == "glue_catalog":
            text = with_named_queries(text, project / "analyses", environment.database_prefix)
        (folder / TEMPLATES / f"{name}.yaml").write_text(text, encoding="utf-8")
    given = source / "cloudformation" / "parameters" / f"{environment.name}.json"
    parameters = json.loads(given.read_text(encoding="utf-8"))
    _require_declared(parameters, folder, given)
    parameters |= {
        "Wheel": wheel.name,
        "PythonModules": python_modules(project),
        "RawTables": ",".join(TABLES),
    }
    text = json.dumps(parameters, indent=2, sort_keys=True) + "\n"
    (folder / PARAMETERS).write_text(text, encoding="utf-8")
    return Package(folder, _version_of(folder))


def _require_declared(parameters: dict[str, str], folder: Path, given: Path) -> None:
    templates = (folder / TEMPLATES).glob("*.yaml")
    declared = {name for path in templates for name in parameters_of(path.read_text("utf-8"))}
    unknown = sorted(set(parameters) - declared)
    if unknown:
        raise LakehouseError(
            f"{given.name} sets {', '.join(unknown)}, which no template declares.",
            f"Correct the name or take it out of {given}; the templates say what they take.",
        )


def _version_of(folder: Path) -> str:
    digest = hashlib.sha256()
    for path in sorted(_files(folder)):
        content = hashlib.sha256(path.read_bytes()).hexdigest()
        digest.update(f"{content}  {path.relative_to(folder).as_posix()}\n".encode())
    return digest.hexdigest()[:_VERSION_LENGTH]


def _files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]
