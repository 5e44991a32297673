from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.cloud.cloud import Cloud
from tests.cloud.samples import new_name


def deleted_query(cloud: Cloud) -> str:
    athena, name = cloud.client("athena"), new_name("query")
    made = athena.create_named_query(Name=name, Database="gold", QueryString="select 1")
    athena.delete_named_query(NamedQueryId=made["NamedQueryId"])
    return str(made["NamedQueryId"])


def updated_group(cloud: Cloud) -> dict[str, Any]:
    athena, name = cloud.client("athena"), new_name("group")
    first = {"BytesScannedCutoffPerQuery": 10_000_000, "EnforceWorkGroupConfiguration": True}
    athena.create_work_group(Name=name, Configuration=first)
    location = {"OutputLocation": "s3://bucket/results/"}
    athena.update_work_group(
        WorkGroup=name,
        ConfigurationUpdates={
            "BytesScannedCutoffPerQuery": 20_000_000,
            "ResultConfigurationUpdates": location,
        },
    )
    group: dict[str, Any] = athena.get_work_group(WorkGroup=name)["WorkGroup"]["Configuration"]
    return group


def test_plain_moto_can_not_delete_a_named_query(plain: Cloud) -> None:
    with pytest.raises(ClientError, match="delete_named_query action has not been implemented"):
        deleted_query(plain)


def test_a_deleted_named_query_is_gone(cloud: Cloud) -> None:
    query = deleted_query(cloud)
    assert query not in cloud.client("athena").list_named_queries()["NamedQueryIds"]


def test_plain_moto_can_not_update_a_workgroup(plain: Cloud) -> None:
    with pytest.raises(ClientError, match="update_work_group action has not been implemented"):
        updated_group(plain)


def test_an_updated_workgroup_keeps_what_the_update_does_not_name(cloud: Cloud) -> None:
    group = updated_group(cloud)
    assert group["BytesScannedCutoffPerQuery"] == 20_000_000
    assert group["EnforceWorkGroupConfiguration"] is True
    assert group["ResultConfiguration"]["OutputLocation"] == "s3://bucket/results/"
