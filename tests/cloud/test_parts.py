from __future__ import annotations

import io
import tarfile
from pathlib import Path

import pytest

from ingestion.maven import NotFetchedError
from tests.cloud.parts import Parts, cached_parts, fetch, unpack_trino
from tests.ingestion.spark_parts import served


def test_parts_lie_in_the_cache_of_the_user(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))

    assert cached_parts().folder == tmp_path / "ecommerce-lakehouse"


def test_what_is_there_is_not_fetched_again(tmp_path: Path) -> None:
    parts = Parts(tmp_path / "cache")
    parts.trino.mkdir(parents=True)
    parts.java.mkdir()
    parts.s3a_jars[0].parent.mkdir()

    assert parts.missing() == []
    assert fetch(parts) == parts
    assert not (parts.folder / ".lock").exists()


def test_a_part_that_no_repository_has_is_reported_with_what_to_do(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    parts = Parts(tmp_path / "cache")
    with served(tmp_path) as url:
        monkeypatch.setenv("LAKEHOUSE_MAVEN_MIRROR", url)
        with pytest.raises(NotFetchedError) as caught:
            fetch(parts)

    assert "hadoop-aws-3.3.4.jar" in caught.value.problem
    assert "python -m tests.cloud.parts" in caught.value.next_step
    assert next(name for name, _ in parts.missing()) == "S3A's JARs, 280 MB"
    assert [path.name for path in parts.folder.iterdir()] == [".lock"]


def test_of_trino_only_the_delta_plugin_is_unpacked_with_the_files_it_links_to(
    tmp_path: Path,
) -> None:
    archive = tmp_path / "trino.tar.gz"
    with tarfile.open(archive, "w:gz") as tar:
        for name in ("lib/main.jar", "plugin/bigquery/shared.jar", "plugin/bigquery/own.jar"):
            _add(tar, f"trino/{name}", name)
        _link(tar, "trino/plugin/delta-lake/shared.jar", "trino/plugin/bigquery/shared.jar")
        _link(tar, "trino/plugin/delta-lake/main.jar", "trino/lib/main.jar")
        _add(tar, "trino/NOTICE", "notice")

    unpack_trino(archive, tmp_path / "out")

    files = {path.relative_to(tmp_path / "out/trino"): path for path in tmp_path.rglob("*.jar")}
    assert {str(name): path.read_text() for name, path in files.items()} == {
        "lib/main.jar": "lib/main.jar",
        "plugin/delta-lake/main.jar": "lib/main.jar",
        "plugin/delta-lake/shared.jar": "plugin/bigquery/shared.jar",
    }
    # Trino takes every folder here for a plugin.
    assert [path.name for path in (tmp_path / "out/trino/plugin").iterdir()] == ["delta-lake"]


def _add(tar: tarfile.TarFile, name: str, text: str) -> None:
    member = tarfile.TarInfo(name)
    member.size = len(text)
    tar.addfile(member, io.BytesIO(text.encode()))


def _link(tar: tarfile.TarFile, name: str, target: str) -> None:
    member = tarfile.TarInfo(name)
    member.type = tarfile.LNKTYPE
    member.linkname = target
    tar.addfile(member)
