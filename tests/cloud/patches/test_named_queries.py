from __future__ import annotations

import pytest
from botocore.exceptions import ClientError

from tests.cloud.cloud import Cloud

ASKED = {"Name": "sales_by_day", "Database": "dev_gold", "QueryString": "select 1"}


def test_plain_moto_has_no_way_to_delete_a_named_query(plain: Cloud) -> None:
    athena = plain.client("athena")
    query = athena.create_named_query(**ASKED)["NamedQueryId"]
    with pytest.raises(ClientError):
        athena.delete_named_query(NamedQueryId=query)


def test_a_named_query_is_deleted(cloud: Cloud) -> None:
    athena = cloud.client("athena")
    query = athena.create_named_query(**ASKED)["NamedQueryId"]
    athena.delete_named_query(NamedQueryId=query)
    assert query not in athena.list_named_queries()["NamedQueryIds"]
    athena.delete_named_query(NamedQueryId=query)
