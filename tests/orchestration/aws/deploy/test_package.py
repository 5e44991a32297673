from __future__ import annotations

import json
import os
import subprocess
import sys
import sysconfig
from pathlib import Path
from zipfile import ZipFile

import pytest

from ingestion.errors import LakehouseError
from ingestion.tables import TABLES
from orchestration.aws.deploy.package import Package
from orchestration.aws.deploy.template import load_template, parameters_of
from orchestration.aws.environment import STACKS, Environment
from orchestration.project import PROJECT_FOLDER
from tests.orchestration.aws.deploy.conftest import ACCOUNT, DEV, Build

LAMBDAS = (
    *("start_pipeline", "run_glue_job", "explain_failure"),
    *("halt", "publish_metrics", "mark_loaded"),
)
# What a Glue 5.1 job brings, and what its parameter PythonModules adds.
ON_GLUE = (
    *("boto3", "botocore", "dateutil", "jmespath", "s3transfer", "six", "urllib3"),
    *("numpy", "pandas", "pyarrow", "py4j", "pyspark", "pytz", "typing_extensions"),
    *("cloudpathlib", "filelock"),
)
SITE_PACKAGES = sysconfig.get_path("purelib")
# CloudFormation's limit for a template that is sent as it is.
LONGEST_BODY = 51_200


def names_in(archive: Path) -> set[str]:
    with ZipFile(archive) as opened:
        return set(opened.namelist())


def run_python(code: str, *places: Path | str) -> None:
    """Run code where only these places can be imported from, and not this project's folder."""
    paths = [str(place) for place in places]
    command = [sys.executable, "-I", "-S", "-c", f"import sys; sys.path += {paths!r}\n{code}"]
    done = subprocess.run(command, capture_output=True, text=True, cwd="/")
    assert done.returncode == 0, done.stderr


def test_the_same_content_has_the_same_version(
    package: Package, project: Path, build: Build
) -> None:
    os.utime(project / "uv.lock", (0, 0))
    (project / "lakehouse" / "cli.py").chmod(0o600)
    again = build(project)
    assert again.version == package.version
    assert {name: path.read_bytes() for name, path in again.files.items()} == {
        name: path.read_bytes() for name, path in package.files.items()
    }


@pytest.mark.parametrize(
    "name",
    [
        *(
            "models/gold/daily_sales.sql",
            "ingestion/reader.py",
            "orchestration/aws/lambdas/halt.py",
        ),
        *(
            "orchestration/aws/state_machines/pipeline.asl.json",
            "tests/dbt/generic/expression_is_true.sql",
        ),
        *("orchestration/aws/cloudformation/storage.yaml", "uv.lock", "analyses/sales_by_day.sql"),
    ],
)
def test_whatever_changes_the_version_is_another(
    name: str, package: Package, project: Path, build: Build
) -> None:
    comment = "--" if name.endswith(".sql") else "#"
    changed = (project / name).read_text() + ("\n" if name.endswith("json") else f"{comment} x\n")
    (project / name).write_text(changed)
    assert build(project).version != package.version


def test_a_package_holds_what_the_templates_name(package: Package) -> None:
    wheel = json.loads((package.folder / "parameters.json").read_text())["Wheel"]
    assert set(package.files) == {
        *("ingest.py", "lambdas.zip", "dbt_bundle.zip", wheel),
        *("pipeline.asl.json", "backfill.asl.json", "parameters.json"),
        *(f"cloudformation/{name}.yaml" for name in STACKS),
    }
    named = "".join(package.template(name) for name in STACKS)
    for name in ("ingest.py", "lambdas.zip", "dbt_bundle.zip"):
        assert f"/${{Version}}/{name}" in named
    assert list(package.files)[-1] == "parameters.json"


def test_the_bundle_holds_all_that_a_locked_build_needs(package: Package) -> None:
    names = names_in(package.folder / "dbt_bundle.zip")
    assert {
        *("pyproject.toml", "uv.lock", "README.md", "LICENSE", "dbt_project.yml"),
        *("profiles/profiles.yml", "lakehouse/setup.py", "ingestion/layers.py"),
        *("models/gold/daily_sales.sql", "models/docs/pictures/flow.svg"),
        *("seeds/department_aliases.csv", "macros/zorder.sql", "analyses/sales_by_day.sql"),
        *(
            "orchestration/pipeline/dbt_plugin/dbt_lakehouse.py",
            "tests/dbt/generic/expression_is_true.sql",
        ),
        "tests/dbt/assert_every_row_is_accounted_for.sql",
    } <= names


def test_what_a_build_does_not_need_is_in_no_bundle(package: Package) -> None:
    names = names_in(package.folder / "dbt_bundle.zip")
    assert {name.split("/")[0] for name in names if "/" in name} == {
        *(
            "analyses",
            "ingestion",
            "lakehouse",
            "macros",
            "models",
            "orchestration",
            "profiles",
            "seeds",
        ),
        "tests",
    }
    assert {name for name in names if name.startswith("tests/")} == {
        name for name in names if name.startswith("tests/dbt/")
    }


@pytest.mark.parametrize(
    "name",
    [
        *(".env", "orchestration/.env", "profiles/.user.yml", "models/.DS_Store"),
        *("lakehouse/__pycache__/cli.pyc", "target/manifest.json", "credentials.json"),
        *("tests/test_end_to_end.py", "orchestration/aws/lambdas/.secret"),
    ],
)
def test_secrets_and_leftovers_are_never_packed(
    name: str, package: Package, project: Path, build: Build
) -> None:
    (project / name).parent.mkdir(parents=True, exist_ok=True)
    (project / name).write_text("AWS_SECRET_ACCESS_KEY=x")
    assert build(project).version == package.version


def test_every_lambda_can_be_imported_from_its_zip_with_boto3_alone(
    package: Package, tmp_path: Path
) -> None:
    with ZipFile(package.folder / "lambdas.zip") as opened:
        opened.extractall(tmp_path / "function")
    (tmp_path / "libraries").mkdir()
    for library in ("boto3", "botocore", "dateutil", "jmespath", "s3transfer", "urllib3", "six.py"):
        (tmp_path / "libraries" / library).symlink_to(Path(SITE_PACKAGES) / library)
    code = "\n".join(f"import {name}; {name}.handler" for name in LAMBDAS)
    run_python(code, tmp_path / "function", tmp_path / "libraries")


def test_the_lambdas_of_the_templates_are_in_the_zip(package: Package) -> None:
    names = names_in(package.folder / "lambdas.zip")
    templates = "".join(package.template(name) for name in STACKS)
    for name in LAMBDAS:
        assert f"{name}.py" in names
        assert f"Handler: {name}.handler" in templates


def test_the_wheel_asks_for_no_other_package_and_holds_the_ingestion_alone(
    package: Package,
) -> None:
    (wheel,) = package.folder.glob("*.whl")
    with ZipFile(wheel) as opened:
        (metadata,) = (name for name in opened.namelist() if name.endswith("METADATA"))
        assert "Requires-Dist" not in opened.read(metadata).decode()
        folders = {name.split("/")[0] for name in opened.namelist()}
    assert folders == {"ingestion", metadata.split("/")[0]}


def test_the_wheel_runs_on_what_glue_has(package: Package) -> None:
    (wheel,) = package.folder.glob("*.whl")
    code = f"""
import sys

class OnlyGlue:
    def find_spec(self, name, path=None, target=None):
        top = name.split(".")[0]
        known = top in {ON_GLUE!r} or top in sys.stdlib_module_names
        if not known and top != "ingestion" and not top.startswith("_"):
            raise ModuleNotFoundError(f"Glue has no {{name}}", name=name)

sys.meta_path.insert(0, OnlyGlue())
import ingestion.glue
from ingestion.files import to_path
assert ingestion.__file__.startswith({str(wheel)!r})
to_path("s3://bucket/raw")
"""
    run_python(code, wheel, SITE_PACKAGES)


def test_what_glue_lacks_is_installed_in_the_versions_of_the_lock(package: Package) -> None:
    modules = package.parameters("glue_jobs")["PythonModules"].split(",")
    assert [module.split("==")[0] for module in modules] == ["cloudpathlib", "filelock"]
    lock = (PROJECT_FOLDER / "uv.lock").read_text()
    for module in modules:
        name, version = module.split("==")
        assert f'name = "{name}"\nversion = "{version}"' in lock


def test_each_template_gets_the_parameters_that_it_declares(package: Package) -> None:
    for name in STACKS:
        given = package.parameters(name)
        assert set(given) <= parameters_of(package.template(name))
        assert given["Env"] == "dev"
    assert package.parameters("step_functions")["Version"] == package.version


def test_the_state_machine_and_the_operators_get_the_declared_raw_tables(package: Package) -> None:
    for name in ("step_functions", "glue_jobs"):
        assert package.parameters(name)["RawTables"].split(",") == list(TABLES)


def test_a_parameter_that_no_template_declares_is_refused(project: Path, build: Build) -> None:
    path = project / "orchestration" / "aws" / "cloudformation" / "parameters" / "dev.json"
    path.write_text(json.dumps({"Env": "dev", "ArchivRawAfterDays": "3"}))
    with pytest.raises(LakehouseError, match=r"dev\.json sets ArchivRawAfterDays, which no"):
        build(project)


@pytest.mark.parametrize("environment", [DEV, Environment("prod", ACCOUNT)])
def test_every_analysis_is_a_named_query_on_the_tables_of_its_environment(
    environment: Environment, build: Build
) -> None:
    package = build(PROJECT_FOLDER, environment)
    resources = load_template(package.template("glue_catalog"))["Resources"].values()
    queries = [
        found["Properties"] for found in resources if found["Type"] == "AWS::Athena::NamedQuery"
    ]
    analyses = {path.stem: path.read_text() for path in (PROJECT_FOLDER / "analyses").glob("*.sql")}
    prefix = environment.database_prefix
    assert {query["Name"] for query in queries} == set(analyses)
    for query in queries:
        assert query["Database"] == f"{prefix}gold"
        assert "WorkGroup" in query
        assert 10 < len(query["Description"]) <= 1024
        assert "{{" not in query["QueryString"]
        assert len(query["QueryString"].splitlines()) == len(analyses[query["Name"]].splitlines())
    (by_day,) = (query for query in queries if query["Name"] == "sales_by_day")
    assert f"select * from {prefix}gold.daily_sales\n" in by_day["QueryString"]


def test_a_template_without_a_place_for_the_named_queries_is_refused(
    project: Path, build: Build
) -> None:
    path = project / "orchestration" / "aws" / "cloudformation" / "glue_catalog.yaml"
    path.write_text(path.read_text().replace("# Named queries", "# Queries"))
    with pytest.raises(LakehouseError, match="has 0 lines that begin with '# Named queries:'"):
        build(project)


def test_the_template_of_the_bucket_is_short_enough_to_be_sent(package: Package) -> None:
    assert len(package.template("storage").encode()) < LONGEST_BODY


def test_a_folder_that_is_no_clone_is_refused(project: Path, build: Build) -> None:
    (project / ".git").rename(project.parent / "git")
    with pytest.raises(LakehouseError, match="git can't list the files of"):
        build(project)
