from __future__ import annotations

import datetime
import functools
import http.server
import importlib.metadata
import importlib.util
import ipaddress
import shutil
import ssl
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from ingestion.ivy import JarsNotFetchedError
from ingestion.jars import JARS, JarsMissingError, fetch, jar_paths
from tests.ingestion.spark_parts import environ_with_repository, make_repository


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with both JARs, as the set-up of Spark leaves it."""
    copy = tmp_path / "share" / "jars"
    copy.mkdir(parents=True)
    for path in jar_paths():
        shutil.copy(path, copy)
    return copy


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """Key and certificate of an authority that no trust store knows."""
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


@pytest.fixture
def https_repository(tmp_path: Path, certificate: Path) -> Iterator[str]:
    """A repository on the loopback that shows a certificate of the private authority."""
    root = make_repository(tmp_path / "repository")
    handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=str(root))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"https://127.0.0.1:{server.server_port}/"
    server.shutdown()
    thread.join()
    server.server_close()


def test_the_jars_of_this_environment_are_as_pinned() -> None:
    assert [path.name for path in jar_paths()] == [
        "delta-spark_2.12-3.3.3.jar",
        "delta-storage-3.3.3.jar",
    ]


def test_the_jars_fit_the_locked_packages() -> None:
    assert {jar.version for jar in JARS} == {importlib.metadata.version("delta-spark")}
    pyspark = importlib.util.find_spec("pyspark")
    assert pyspark
    assert pyspark.submodule_search_locations
    # Delta's other dependency, which is therefore not fetched.
    assert (Path(pyspark.submodule_search_locations[0]) / "jars/antlr4-runtime-4.9.3.jar").exists()


def test_notices_a_missing_jar_and_names_the_next_step(folder: Path) -> None:
    (folder / "delta-storage-3.3.3.jar").unlink()
    with pytest.raises(JarsMissingError, match=r"delta-storage-3\.3\.3\.jar is missing") as raised:
        jar_paths(folder)
    assert "make setup-spark" in raised.value.next_step


def test_notices_a_damaged_jar(folder: Path) -> None:
    jar = folder / "delta-storage-3.3.3.jar"
    jar.write_bytes(jar.read_bytes()[:-1])
    with pytest.raises(JarsMissingError, match="not the pinned"):
        jar_paths(folder)


def test_fetches_nothing_when_the_jars_are_there(folder: Path, tmp_path: Path) -> None:
    unreachable = environ_with_repository(tmp_path, "http://127.0.0.1:1/")
    assert fetch(folder, unreachable) == jar_paths(folder)


def test_repairs_what_is_missing_or_damaged_and_keeps_the_rest(
    folder: Path, tmp_path: Path
) -> None:
    repository = make_repository(tmp_path / "repository")
    (folder / "delta-storage-3.3.3.jar").write_bytes(b"half a file")
    whole = (folder / "delta-spark_2.12-3.3.3.jar").stat().st_mtime_ns
    fetch(folder, environ_with_repository(tmp_path, repository.as_uri()))
    assert len(jar_paths(folder)) == 2
    assert (folder / "delta-spark_2.12-3.3.3.jar").stat().st_mtime_ns == whole
    assert list(folder.parent.iterdir()) == [folder], "nothing temporary is left"


def test_refuses_another_file_under_the_right_name(tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "repository")
    next(repository.glob("**/delta-storage-3.3.3.jar")).write_bytes(b"not Delta")
    folder = tmp_path / "share" / "jars"
    with pytest.raises(JarsNotFetchedError, match=r"delta-storage:3\.3\.3.*not the pinned"):
        fetch(folder, environ_with_repository(tmp_path, repository.as_uri()))
    assert list(folder.iterdir()) == [], "nothing of a bad delivery is put in place"


def test_says_what_could_not_be_fetched_and_what_to_do(tmp_path: Path) -> None:
    folder = tmp_path / "share" / "jars"
    with pytest.raises(JarsNotFetchedError) as raised:
        fetch(folder, environ_with_repository(tmp_path, "http://127.0.0.1:1/"))
    problem = raised.value.problem
    assert "io.delta:delta-spark_2.12:3.3.3, io.delta:delta-storage:3.3.3" in problem
    assert "Connection refused" in problem
    assert len(problem.splitlines()) == 1
    assert "LAKEHOUSE_IVY_SETTINGS" in raised.value.next_step
    assert "make setup-spark" in raised.value.next_step


@pytest.mark.parametrize("variable", ["SSL_CERT_FILE", "REQUESTS_CA_BUNDLE"])
def test_trusts_a_private_authority_that_the_environment_names(
    tmp_path: Path, certificate: Path, https_repository: str, variable: str
) -> None:
    environ = environ_with_repository(tmp_path, https_repository)
    fetch(tmp_path / "share" / "jars", environ | {variable: str(certificate)})


def test_refuses_a_private_authority_that_nobody_named(
    tmp_path: Path, https_repository: str
) -> None:
    with pytest.raises(JarsNotFetchedError, match="certification path"):
        fetch(tmp_path / "jars", environ_with_repository(tmp_path, https_repository))


@pytest.mark.parametrize("variable", ["SSL_CERT_FILE", "LAKEHOUSE_IVY_SETTINGS"])
def test_names_a_setting_that_points_nowhere(tmp_path: Path, variable: str) -> None:
    environ = environ_with_repository(tmp_path, "http://127.0.0.1:1/")
    with pytest.raises(JarsNotFetchedError, match=variable):
        fetch(tmp_path / "jars", environ | {variable: str(tmp_path / "nowhere")})


def test_reaches_the_repository_through_the_proxy_that_the_environment_names(
    tmp_path: Path,
) -> None:
    environ = environ_with_repository(tmp_path, "http://repository.invalid/")
    # The port of the proxy is closed: it is the proxy that refuses, not the name that is unknown.
    with pytest.raises(JarsNotFetchedError, match="Connection refused"):
        fetch(tmp_path / "jars", environ | {"HTTP_PROXY": "http://127.0.0.1:1"})
