"""Ivy, the Maven client in pyspark's jars folder: no other program is needed to fetch a JAR.

Flow: names of JARs -> `java org.apache.ivy.Main` -> files in a scratch folder

Settings, all from the environment:
    LAKEHOUSE_IVY_SETTINGS               an ivysettings.xml, for example one with a mirror
    SSL_CERT_FILE or REQUESTS_CA_BUNDLE  a PEM bundle with a private certificate authority
    HTTPS_PROXY, HTTP_PROXY, NO_PROXY    proxies
"""

from __future__ import annotations

import importlib.util
import logging
import re
import subprocess
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self
from urllib.parse import urlsplit

from ingestion.errors import LakehouseError
from ingestion.java import find_java

logger = logging.getLogger(__name__)

TIMEOUT_SECONDS = 600
TRUST_STORE_PASSWORD = "lakehouse"  # Java wants one; the store holds public certificates only.


@dataclass(frozen=True)
class Jar:
    """One artifact of a Maven repository, pinned by its content."""

    group: str
    name: str
    version: str
    sha256: str
    extension: str = "jar"

    @property
    def filename(self) -> str:
        """The name of the file in the folder where it arrives."""
        return f"{self.name}-{self.version}.{self.extension}"

    def __str__(self) -> str:
        return f"{self.group}:{self.name}:{self.version}"


class JarsNotFetchedError(LakehouseError):
    """An artifact can't be had from the repository."""

    @classmethod
    def because(cls, jars: Sequence[Jar], cause: str) -> Self:
        """The error for these artifacts, with all the ways to mend it."""
        return cls(
            f"The JARs could not be fetched ({', '.join(map(str, jars))}): {cause}.",
            "Check the network: HTTPS_PROXY for a proxy, SSL_CERT_FILE for a private certificate "
            "authority, LAKEHOUSE_IVY_SETTINGS (an ivysettings.xml) for a mirror. "
            "Then run `make setup-spark`. The engine sail needs no JARs.",
        )


def retrieve(
    jars: Sequence[Jar],
    scratch: Path,
    environ: Mapping[str, str],
    timeout_seconds: int = TIMEOUT_SECONDS,
) -> Path:
    """Downloads JARs into a folder below `scratch`; Ivy reads and keeps nothing elsewhere.

    Raises:
        JarsNotFetchedError: The repository can't be reached or has no such artifact.
        JavaNotFoundError: There is no Java to run Ivy with.
    """
    java = find_java(environ)
    logger.info("fetching %s with %s", ", ".join(map(str, jars)), java)
    request = scratch / "ivy.xml"
    request.write_text(_ivy_request(jars), encoding="utf-8")
    command = [
        str(java.executable),
        f"-Djava.io.tmpdir={scratch}",
        f"-Divy.default.ivy.user.dir={scratch}",
        # Seconds, not the minutes of the operating system, until a dead connection is reported.
        "-Dsun.net.client.defaultConnectTimeout=20000",
        "-Dsun.net.client.defaultReadTimeout=60000",
        *_proxy_options(environ),
        *_trust_options(scratch, environ),
        *("-cp", str(_ivy_jar()), "org.apache.ivy.Main"),
        *_settings_options(environ),
        *(
            "-ivy",
            str(request),
            "-cache",
            str(scratch / "cache"),
            "-types",
            *sorted({jar.extension for jar in jars}),
        ),
        *("-retrieve", str(scratch / "jars" / "[artifact]-[revision].[ext]")),
    ]
    try:
        ivy = subprocess.run(
            command, capture_output=True, text=True, timeout=timeout_seconds, env=dict(environ)
        )
    except subprocess.TimeoutExpired as error:
        raise JarsNotFetchedError.because(
            jars, f"no answer within {timeout_seconds} seconds"
        ) from error
    if ivy.returncode != 0:
        raise JarsNotFetchedError.because(jars, _cause(ivy.stdout + ivy.stderr))
    return scratch / "jars"


def _ivy_request(jars: Sequence[Jar]) -> str:
    dependencies = "".join(
        f'<dependency org="{jar.group}" name="{jar.name}" rev="{jar.version}" transitive="false">'
        f'<artifact name="{jar.name}" type="{jar.extension}" ext="{jar.extension}"/></dependency>'
        for jar in jars
    )
    return (
        '<ivy-module version="2.0"><info organisation="lakehouse" module="jars"/>'
        f"<dependencies>{dependencies}</dependencies></ivy-module>"
    )


def _ivy_jar() -> Path:
    """Ivy in pyspark's jars folder, found without the time that importing pyspark takes."""
    pyspark = importlib.util.find_spec("pyspark")
    folders = (pyspark.submodule_search_locations if pyspark else None) or []
    for folder in folders:
        for jar in Path(folder).glob("jars/ivy-*.jar"):
            return jar
    raise JarsNotFetchedError(
        "The Python package pyspark, whose Ivy fetches the JARs, is not installed.",
        "Run `make setup`.",
    )


def _settings_options(environ: Mapping[str, str]) -> list[str]:
    settings = environ.get("LAKEHOUSE_IVY_SETTINGS")
    if not settings:
        return []
    if not Path(settings).is_file():
        raise JarsNotFetchedError(
            f"LAKEHOUSE_IVY_SETTINGS names {settings}, which is no file.",
            "Let it name an ivysettings.xml, or unset it; then run `make setup-spark`.",
        )
    return ["-settings", settings]


def _proxy_options(environ: Mapping[str, str]) -> list[str]:
    """The usual proxy variables, which Java does not read by itself."""
    options = []
    for scheme in ("http", "https"):
        name = f"{scheme}_proxy"
        proxy = urlsplit(environ.get(name) or environ.get(name.upper()) or "")
        if proxy.hostname:
            options.append(f"-D{scheme}.proxyHost={proxy.hostname}")
            options.append(f"-D{scheme}.proxyPort={proxy.port or 80}")
    no_proxy = environ.get("no_proxy") or environ.get("NO_PROXY")
    if options and no_proxy:
        hosts = [host.strip() for host in no_proxy.split(",") if host.strip()]
        patterns = [f"*{host}" if host.startswith(".") else host for host in hosts]
        options.append(f"-Dhttp.nonProxyHosts={'|'.join(patterns)}")
    return options


def _trust_options(scratch: Path, environ: Mapping[str, str]) -> list[str]:
    """The PEM bundle that Python's clients trust, as the trust store that Java wants.

    Java looks at its own store only, which knows no private certificate authority.
    """
    bundle = environ.get("SSL_CERT_FILE") or environ.get("REQUESTS_CA_BUNDLE")
    if not bundle:
        return []
    # Not at the top: each start of Spark imports this module, few machines have such an authority.
    from cryptography import x509
    from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, pkcs12

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Old authorities with odd serial numbers are no news.
            certificates = x509.load_pem_x509_certificates(Path(bundle).read_bytes())
    except (OSError, ValueError) as error:
        raise JarsNotFetchedError(
            f"The certificate bundle {bundle} of SSL_CERT_FILE or REQUESTS_CA_BUNDLE "
            f"can't be read: {error}.",
            "Let the variable name a PEM file, or unset it; then run `make setup-spark`.",
        ) from error
    entries = [
        pkcs12.PKCS12Certificate(certificate, str(number).encode())
        for number, certificate in enumerate(certificates)
    ]
    store = scratch / "trust.p12"
    encryption = BestAvailableEncryption(TRUST_STORE_PASSWORD.encode())
    store.write_bytes(pkcs12.serialize_java_truststore(entries, encryption))
    return [
        f"-Djavax.net.ssl.trustStore={store}",
        f"-Djavax.net.ssl.trustStorePassword={TRUST_STORE_PASSWORD}",
        "-Djavax.net.ssl.trustStoreType=PKCS12",
    ]


def _cause(output: str) -> str:
    """The line of Ivy's long report that says why."""
    for pattern in (
        r"Host \S+ not found",
        r"Server access error at url .*",
        r"(?<=Exception in thread \"main\" ).*",
        r"\[FAILED .*",
        r"module not found.*",
    ):
        line = re.search(pattern, output)
        if line:
            return line[0].strip()
    return (output.strip().splitlines() or ["Ivy said nothing"])[-1].strip()
