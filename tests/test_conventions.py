"""The conventions that a reader of the models relies on, checked on dbt's own manifest."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from dbt.cli.main import dbtRunner
from pyspark.sql.types import StructType

from ingestion import ops_tables
from ingestion.settings import Settings
from ingestion.tables import PRODUCTS, TABLES
from lakehouse.new.files import unfilled
from orchestration.project import PROJECT_FOLDER
from orchestration.project.fingerprints import Fingerprints
from orchestration.project.silver import tables_built_by_day

TARGETS = ("sail", "local", "dev", "staging", "prod")
LAYERS_READ = {
    "ops": {"source", "silver"},
    "silver": {"source", "silver"},
    "intermediate": {"silver", "intermediate"},
    "gold": {"silver", "intermediate", "gold"},
}
LONGEST_MACRO = 40
MOST_CTES = 15


def parse(target: str, folder: Path) -> Any:
    places = [
        "--project-dir",
        str(PROJECT_FOLDER),
        "--profiles-dir",
        str(PROJECT_FOLDER / "profiles"),
    ]
    logs = ["--target-path", str(folder), "--log-path", str(folder), "--log-level", "none"]
    outcome = dbtRunner().invoke(["parse", "--target", target, *places, *logs])
    assert outcome.success, outcome.exception
    return outcome.result


@pytest.fixture(scope="module")
def manifest(tmp_path_factory: pytest.TempPathFactory) -> Any:
    return parse("local", tmp_path_factory.mktemp("parse"))


def models(manifest: Any) -> list[Any]:
    found = [node for node in manifest.nodes.values() if node.resource_type == "model"]
    assert found
    return found


@pytest.mark.parametrize("target", TARGETS)
def test_the_project_parses_for_every_target(target: str, tmp_path: Path) -> None:
    parsed = parse(target, tmp_path)
    prefix = "" if target in ("sail", "local", "prod") else f"{target}_"
    # The catalog of Glue has the published tables as well, so a workspace has databases of its own.
    of_workspace = prefix if target in ("sail", "local") else f"{prefix}work_dev_"
    assert {node.schema for node in models(parsed)} == {
        f"{of_workspace}silver",
        f"{of_workspace}gold",
    }
    assert {source.schema for source in parsed.sources.values()} == {
        f"{prefix}bronze",
        f"{prefix}ops",
    }


def test_a_layer_reads_only_what_the_layer_law_allows(manifest: Any) -> None:
    for model in models(manifest):
        layer = model.fqn[1]
        for parent in model.depends_on.nodes:
            kind = parent.split(".")[0]
            if kind == "seed":  # rules that analysts edit belong to the layer that reads them
                read = manifest.nodes[parent].config.schema
            else:
                read = "source" if kind == "source" else manifest.nodes[parent].fqn[1]
            assert read in LAYERS_READ[layer], f"{model.name} reads {parent}"


def test_every_model_has_its_yml_beside_it(manifest: Any) -> None:
    for model in models(manifest):
        twin = Path(model.original_file_path).with_suffix(".yml")
        assert str(model.patch_path).endswith(str(twin)), model.name


def test_a_model_has_few_enough_ctes_to_be_read(manifest: Any) -> None:
    counts = {
        model.name: len(re.findall(r"^\w+ as \($", model.raw_code, re.MULTILINE))
        for model in models(manifest)
    }
    assert all(counts.values())
    too_long = {name: count for name, count in counts.items() if count > MOST_CTES}
    assert not too_long, f"move steps to a model in models/intermediate: {too_long}"


def tables(manifest: Any) -> list[Any]:
    seeds = [node for node in manifest.nodes.values() if node.resource_type == "seed"]
    assert seeds
    return [*models(manifest), *seeds, *manifest.sources.values()]


def test_every_description_of_a_table_begins_with_the_grain(manifest: Any) -> None:
    for node in tables(manifest):
        assert node.description.startswith("One row per "), node.name


def test_every_column_is_described(manifest: Any) -> None:
    for node in tables(manifest):
        assert node.columns, node.name
        for column in node.columns.values():
            assert len(column.description) > 10, f"{node.name}.{column.name}"


def test_nothing_is_left_to_fill_in() -> None:
    places = list(unfilled(PROJECT_FOLDER))
    assert not places, "write what these placeholders ask for:\n" + "\n".join(places)


def test_every_declared_raw_table_is_named_to_dbt() -> None:
    listed = (PROJECT_FOLDER / "macros" / "raw_tables.sql").read_text()
    declared = {name: table.is_waiting for name, table in TABLES.items()}
    assert dict(re.findall(r"'(\w+)': '(\w+)',", listed)) == declared, (
        "macros/raw_tables.sql has to list what ingestion/tables.py declares"
    )


def test_every_declared_raw_table_is_a_source_with_its_columns(manifest: Any) -> None:
    sources = {
        source.name: set(source.columns)
        for source in manifest.sources.values()
        if source.source_name == "bronze"
    }
    added = {"_rescued", "source_file", "file_date", "record_number", "ingestion_timestamp"}
    added |= {"batch_id"}
    assert sources == {name: {*table.column_names, *added} for name, table in TABLES.items()}, (
        "models/bronze has to describe what ingestion/tables.py declares"
    )


def test_a_table_is_declared_after_the_tables_that_it_refers_to() -> None:
    declared: set[str] = set()
    for table in TABLES.values():
        assert {reference.table for reference in table.references} <= declared, table.name
        assert table.partition_by in (None, "date"), table.name
        declared.add(table.name)


def test_what_a_table_built_by_day_refers_to_says_which_days_change() -> None:
    for name in tables_built_by_day():
        assert TABLES[name].partition_by, name
        for reference in TABLES[name].references:
            parent = TABLES[reference.table]
            assert parent.partition_by or parent is PRODUCTS, (
                f"orchestration/pipeline/affected_days.py does not follow {name} to {parent.name}:"
                f" build models/silver/{name}*.sql whole"
            )


def test_every_column_of_an_ops_table_is_described_and_no_other(manifest: Any) -> None:
    described = {
        source.name: set(source.columns)
        for source in manifest.sources.values()
        if source.source_name == "ops"
    }
    schemas = {
        name.lower(): set(schema.names)
        for name, schema in vars(ops_tables).items()
        if isinstance(schema, StructType)
    }
    assert described == schemas


def test_a_fingerprint_takes_in_every_macro_that_dbt_knows_a_node_to_use(manifest: Any) -> None:
    fingerprints = Fingerprints(Settings("/lake", "/raw"))
    ours = {
        key: macro
        for key, macro in manifest.macros.items()
        if macro.package_name == manifest.metadata.project_name
    }
    used = set()
    for node in manifest.nodes.values():
        names = [name for name in node.depends_on.macros if name in ours]
        for name in names:  # grows
            names += [
                one for one in ours[name].depends_on.macros if one in ours and one not in names
            ]
        files = {ours[name].original_file_path for name in names} - {"macros/run_id.sql"}
        used |= files
        assert files <= fingerprints.macros_of([node.original_file_path]), node.name
    assert len(used) > 20


def test_every_model_and_seed_has_a_fingerprint_and_so_may_be_left_as_it_is(manifest: Any) -> None:
    fingerprints = Fingerprints(Settings("/lake", "/raw"))
    for node in manifest.nodes.values():
        if node.resource_type in ("model", "seed"):
            assert fingerprints.of([node.original_file_path]), node.name


def test_every_model_has_an_owner_and_every_gold_table_a_reader(manifest: Any) -> None:
    owners = {group.name: group.owner.name for group in manifest.groups.values()}
    read = set()
    for exposure in manifest.exposures.values():
        assert exposure.owner.name, exposure.name
        assert len(exposure.description) > 10, exposure.name
        read |= set(exposure.depends_on.nodes)
    for model in models(manifest):
        assert owners.get(model.group), model.name
        assert model.unique_id in read or model.fqn[1] != "gold", model.name


def test_gold_has_an_enforced_contract_and_a_type_for_every_column(manifest: Any) -> None:
    for model in models(manifest):
        if model.fqn[1] == "gold":
            assert model.config.contract.enforced, model.name
            assert all(column.data_type for column in model.columns.values()), model.name
            assert not {column.data_type for column in model.columns.values()} & {"double", "float"}


def test_every_table_is_tested_and_every_formula_has_a_unit_test(manifest: Any) -> None:
    tested = {
        getattr(node, "attached_node", None)
        for node in manifest.nodes.values()
        if node.resource_type == "test"
    }
    unit_tested = {test.model for test in manifest.unit_tests.values()}
    for model in models(manifest):
        if model.config.materialized != "ephemeral":
            assert model.unique_id in tested, model.name
            if model.fqn[1] != "ops" and not model.name.endswith("_rejected"):
                assert model.name in unit_tested, model.name


def test_a_macro_has_its_own_file_a_description_and_forty_lines_at_most(manifest: Any) -> None:
    for path in sorted((PROJECT_FOLDER / "macros").glob("*.sql")):
        assert len(path.read_text().splitlines()) <= LONGEST_MACRO, path.name
    ours = [
        macro
        for macro in manifest.macros.values()
        if macro.package_name == "ecommerce_lakehouse"
        and macro.original_file_path.startswith("macros")
        and not macro.name.startswith("materialization_")  # dbt takes no description of these
    ]
    for macro in ours:
        assert Path(macro.original_file_path).stem == macro.name
        assert macro.description, macro.name


def test_every_var_is_listed_in_the_documents_with_its_unit_and_default() -> None:
    vars_of_project = yaml.safe_load((PROJECT_FOLDER / "dbt_project.yml").read_text())["vars"]
    page = (PROJECT_FOLDER / "docs" / "configuration.md").read_text()
    rows = [line.strip("| ").split(" | ") for line in page.split("## Vars")[1].splitlines()]
    listed = {row[0].strip("`"): row[1:3] for row in rows if row[0].startswith("`")}
    assert listed.keys() == vars_of_project.keys()
    for name, (unit, default) in listed.items():
        value = vars_of_project[name]
        assert unit, name
        assert (None if default == "none" else yaml.safe_load(default.strip("`"))) == value, name
