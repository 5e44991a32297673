"""Types that say what the data is and query it: the Glue catalog, Athena."""

from __future__ import annotations

from typing import Any

from tests.cloud.resources.kinds import Kind, Properties, only, send, without


def _create_database(glue: Any, properties: Properties, name: str) -> str:
    send(glue, "create_database", properties)
    return str(properties["DatabaseInput"]["Name"])


def _create_security_configuration(glue: Any, properties: Properties, name: str) -> str:
    configuration = dict(properties["EncryptionConfiguration"])
    if "S3Encryptions" in configuration:
        configuration["S3Encryption"] = configuration.pop("S3Encryptions")
    arguments = {"Name": name, "EncryptionConfiguration": configuration}
    send(glue, "create_security_configuration", arguments)
    return name


def _create_workgroup(athena: Any, properties: Properties, name: str) -> str:
    arguments = without(properties, "WorkGroupConfiguration", "RecursiveDeleteOption", "State")
    if "WorkGroupConfiguration" in properties:
        arguments["Configuration"] = properties["WorkGroupConfiguration"]
    send(athena, "create_work_group", {**arguments, "Name": name})
    return name


def _update_workgroup(athena: Any, properties: Properties, name: str) -> None:
    # The API takes only differences here; all that a template can say is one.
    configuration = dict(properties.get("WorkGroupConfiguration", {}))
    if "ResultConfiguration" in configuration:
        configuration["ResultConfigurationUpdates"] = configuration.pop("ResultConfiguration")
    arguments = {"WorkGroup": name, "ConfigurationUpdates": configuration}
    send(athena, "update_work_group", {**arguments, **only(properties, "Description", "State")})


KINDS = [
    Kind(
        type="AWS::Glue::Database",
        service="glue",
        create=_create_database,
        update=lambda glue, properties, name: send(
            glue, "update_database", {**properties, "Name": name}
        ),
        delete=lambda glue, name, _: glue.delete_database(Name=name),
    ),
    Kind(
        type="AWS::Glue::SecurityConfiguration",
        service="glue",
        create=_create_security_configuration,
        delete=lambda glue, name, _: glue.delete_security_configuration(Name=name),
        name="Name",
    ),
    Kind(
        type="AWS::Athena::WorkGroup",
        service="athena",
        create=_create_workgroup,
        update=_update_workgroup,
        delete=lambda athena, name, properties: athena.delete_work_group(
            WorkGroup=name,
            RecursiveDeleteOption=bool(properties.get("RecursiveDeleteOption", False)),
        ),
        name="Name",
    ),
    Kind(
        type="AWS::Athena::NamedQuery",
        service="athena",
        create=lambda athena, properties, _: send(athena, "create_named_query", properties)[
            "NamedQueryId"
        ],
        delete=lambda athena, query, _: athena.delete_named_query(NamedQueryId=query),
        attributes={"NamedQueryId": lambda _, query: query},
    ),
]
