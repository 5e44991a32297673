from __future__ import annotations

import pytest
from botocore.exceptions import ClientError

from tests.cloud.cloud import Cloud
from tests.cloud.samples import ROLE, new_job


def update(cloud: Cloud) -> dict[str, object]:
    job = new_job(cloud, "pass", Description="old", DefaultArguments={"--version": "1"})
    changes = {
        "Role": ROLE,
        "Command": {"Name": "glueetl", "ScriptLocation": "s3://other/script.py"},
        "GlueVersion": "5.1",
    }
    cloud.client("glue").update_job(JobName=job, JobUpdate=changes)
    found: dict[str, object] = cloud.client("glue").get_job(JobName=job)["Job"]
    return found


def test_plain_moto_can_not_update_a_job(plain: Cloud) -> None:
    with pytest.raises(ClientError, match="The update_job action has not been implemented"):
        update(plain)


def test_an_update_of_a_job_overwrites_all_that_it_says_of_itself(cloud: Cloud) -> None:
    job = update(cloud)
    assert job["Command"] == {"Name": "glueetl", "ScriptLocation": "s3://other/script.py"}
    assert job["GlueVersion"] == "5.1"
    assert job["DefaultArguments"] == {}
    assert "Description" not in job
