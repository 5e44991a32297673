from __future__ import annotations

import datetime
import hashlib
import ipaddress
import logging
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from ingestion.maven import Artifact, NotFetchedError, download
from tests.ingestion.spark_parts import CUT_OFF, Refusal, served

CONTENT = b"a JAR" * 1000
JAR = Artifact("org.example", "shop", "1.0", hashlib.sha256(CONTENT).hexdigest())
RETRY = "run `make setup-spark`"
CLOSED = "http://127.0.0.1:1"


@pytest.fixture(autouse=True)
def plain_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """No proxy and no authority but those that a test names."""
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    for name in ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    place = tmp_path / "repository" / "org/example/shop/1.0/shop-1.0.jar"
    place.parent.mkdir(parents=True)
    place.write_bytes(CONTENT)
    return tmp_path / "repository"


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """Where the file goes; no fetch leaves anything else there."""
    folder = tmp_path / "jars"
    folder.mkdir()
    yield folder
    assert [path.name for path in folder.iterdir()] in ([], ["shop-1.0.jar"])


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """Key and certificate of an authority that nobody knows."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "private authority")])
    address = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
    signed = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(datetime.datetime(2020, 1, 1))
        .not_valid_after(datetime.datetime(2120, 1, 1))
        .add_extension(x509.SubjectAlternativeName([address]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    private = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    path = tmp_path / "authority.pem"
    path.write_bytes(key.private_bytes(pem, *private) + signed.public_bytes(pem))
    return path


def refused(folder: Path) -> NotFetchedError:
    """The error of a fetch that fails, after two attempts where another may help."""
    with pytest.raises(NotFetchedError) as raised:
        download(JAR, folder, RETRY, waits=(0,))
    assert list(folder.iterdir()) == []
    assert len(raised.value.problem.splitlines()) == 1
    assert raised.value.next_step.endswith("run `make setup-spark`.")
    return raised.value


def test_a_file_arrives_from_the_mirror_and_the_host_is_said(
    repository: Path,
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO, "ingestion")
    with served(repository) as url:
        # With a password, as some mirrors want one.
        monkeypatch.setenv("LAKEHOUSE_MAVEN_MIRROR", url.replace("//", "//me:secret@") + "/")
        download(JAR, folder, RETRY, waits=())
    assert (folder / "shop-1.0.jar").read_bytes() == CONTENT
    assert caplog.messages == [f"fetching shop-1.0.jar, 5 kB, from {url.partition('//')[2]}"]


@pytest.mark.parametrize("refusal", [503, 429, CUT_OFF])
def test_a_fault_that_passes_is_tried_again_and_said(
    repository: Path,
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    refusal: Refusal,
) -> None:
    with served(repository, first=[refusal, refusal]) as url:
        monkeypatch.setenv("LAKEHOUSE_MAVEN_MIRROR", url)
        download(JAR, folder, RETRY, waits=(0, 0))
    assert (folder / "shop-1.0.jar").read_bytes() == CONTENT
    warnings = [record.message for record in caplog.records if record.levelname == "WARNING"]
    assert [words.endswith("Trying again in 0 seconds.") for words in warnings] == [True, True]


def test_a_fault_that_stays_ends_the_fetch(
    repository: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with served(repository, first=[503, 503]) as url:
        monkeypatch.setenv("LAKEHOUSE_MAVEN_MIRROR", url)
        error = refused(folder)
    host = url.partition("//")[2]
    assert error.problem == (
        f"shop-1.0.jar could not be fetched from {host}: the answer is 503 Service Unavailable."
    )


def test_a_file_that_the_repository_lacks_is_asked_for_once(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    with served(tmp_path) as url:
        monkeypatch.setenv("LAKEHOUSE_MAVEN_MIRROR", url)
        error = refused(folder)
    assert "the answer is 404 File not found" in error.problem
    assert "LAKEHOUSE_MAVEN_MIRROR" in error.next_step
    assert caplog.messages == []


def test_another_file_under_the_right_name_is_refused(
    repository: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (repository / JAR.path).write_bytes(b"another file")
    with served(repository) as url:
        monkeypatch.setenv("LAKEHOUSE_MAVEN_MIRROR", url)
        error = refused(folder)
    assert f"not the pinned {JAR.sha256}" in error.problem
    assert "LAKEHOUSE_MAVEN_MIRROR" in error.next_step


def test_without_a_network_the_message_names_host_cause_and_variables(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LAKEHOUSE_MAVEN_MIRROR", CLOSED)
    error = refused(folder)
    assert error.problem == (
        "shop-1.0.jar could not be fetched from 127.0.0.1:1: [Errno 111] Connection refused."
    )
    assert "HTTPS_PROXY" in error.next_step
    assert "LAKEHOUSE_MAVEN_MIRROR" in error.next_step


@pytest.mark.parametrize("variable", ["SSL_CERT_FILE", "REQUESTS_CA_BUNDLE"])
def test_a_private_authority_that_the_environment_names_is_trusted(
    repository: Path,
    folder: Path,
    certificate: Path,
    monkeypatch: pytest.MonkeyPatch,
    variable: str,
) -> None:
    monkeypatch.setenv(variable, str(certificate))
    with served(repository, certificate=certificate) as url:
        monkeypatch.setenv("LAKEHOUSE_MAVEN_MIRROR", url)
        download(JAR, folder, RETRY, waits=())
    assert (folder / "shop-1.0.jar").read_bytes() == CONTENT


def test_a_private_authority_that_nobody_named_is_refused(
    repository: Path, folder: Path, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with served(repository, certificate=certificate) as url:
        monkeypatch.setenv("LAKEHOUSE_MAVEN_MIRROR", url)
        error = refused(folder)
    assert "certificate verify failed" in error.problem
    assert "SSL_CERT_FILE" in error.next_step


@pytest.mark.parametrize("content", [None, b"no certificate"])
def test_a_bundle_that_can_not_be_read_is_named(
    repository: Path,
    folder: Path,
    tmp_path: Path,
    certificate: Path,
    monkeypatch: pytest.MonkeyPatch,
    content: bytes | None,
) -> None:
    bundle = tmp_path / "bundle.pem"
    if content:
        bundle.write_bytes(content)
    monkeypatch.setenv("SSL_CERT_FILE", str(bundle))
    with served(repository, certificate=certificate) as url:
        monkeypatch.setenv("LAKEHOUSE_MAVEN_MIRROR", url)
        error = refused(folder)
    assert str(bundle) in error.problem
    assert "SSL_CERT_FILE" in error.next_step


def test_the_proxy_that_the_environment_names_is_used(
    repository: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A proxy is asked for a whole URL; to this server it is a path below its folder.
    (repository / "http:/repository.invalid").mkdir(parents=True)
    (repository / "org").rename(repository / "http:/repository.invalid/org")
    monkeypatch.setenv("LAKEHOUSE_MAVEN_MIRROR", "http://repository.invalid")
    with served(repository) as url:
        monkeypatch.setenv("HTTP_PROXY", url)
        download(JAR, folder, RETRY, waits=())
    assert (folder / "shop-1.0.jar").read_bytes() == CONTENT


def test_a_host_that_needs_no_proxy_is_reached_without(
    repository: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", CLOSED)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with served(repository) as url:
        monkeypatch.setenv("LAKEHOUSE_MAVEN_MIRROR", url)
        download(JAR, folder, RETRY, waits=())
    assert (folder / "shop-1.0.jar").read_bytes() == CONTENT


def test_a_proxy_that_refuses_is_named_with_its_variables(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LAKEHOUSE_MAVEN_MIRROR", "https://repository.invalid")
    with served(tmp_path) as url:
        monkeypatch.setenv("HTTPS_PROXY", url.replace("//", "//me:secret@"))
        error = refused(folder)
    host = url.partition("//")[2]
    assert f"from repository.invalid: the proxy {host} refuses: " in error.problem
    assert "secret" not in str(error)
    assert "HTTPS_PROXY" in error.next_step
    assert "repository.invalid in NO_PROXY" in error.next_step


@pytest.mark.parametrize("mirror", ["artifacts/maven", "file:///srv/maven", "https://"])
def test_a_mirror_that_is_no_url_is_refused(
    folder: Path, monkeypatch: pytest.MonkeyPatch, mirror: str
) -> None:
    monkeypatch.setenv("LAKEHOUSE_MAVEN_MIRROR", mirror)
    assert refused(folder).problem.startswith("LAKEHOUSE_MAVEN_MIRROR=")


def test_a_file_that_can_not_be_written_is_no_fault_of_the_network(
    repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with served(repository) as url:
        monkeypatch.setenv("LAKEHOUSE_MAVEN_MIRROR", url)
        with pytest.raises(NotFetchedError, match="No such file or directory") as raised:
            download(JAR, tmp_path / "nowhere", RETRY, waits=(0,))
    assert "the space left" in raised.value.next_step
