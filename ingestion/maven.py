"""Files of a Maven repository, fetched by HTTPS and pinned by their content.

Flow: repository -> <folder>/<name>.part, SHA-256 -> <folder>/<name>

Settings, all from the environment:
    LAKEHOUSE_MAVEN_MIRROR               a repository that stands in for Maven Central
    SSL_CERT_FILE or REQUESTS_CA_BUNDLE  a PEM bundle with a private certificate authority
    HTTPS_PROXY, HTTP_PROXY, NO_PROXY    proxies
"""

from __future__ import annotations

import hashlib
import logging
import os
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import requests
from requests.utils import get_environ_proxies, select_proxy

from ingestion.errors import LakehouseError

MAVEN_CENTRAL = "https://repo1.maven.org/maven2"
MIRROR = "LAKEHOUSE_MAVEN_MIRROR"

# Seconds before each further attempt after a fault that may pass.
WAITS = (1, 3, 8)
CONNECT_SECONDS, READ_SECONDS = 20, 60
_PASSING_STATUSES = (408, 425, 429, 500, 502, 503, 504)
_CHUNK_BYTES = 1024**2
_PROGRESS_BYTES = 100 * 1024**2

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Artifact:
    """One file of a Maven repository, pinned by its content."""

    group: str
    name: str
    version: str
    sha256: str
    extension: str = "jar"

    @property
    def filename(self) -> str:
        """The name of the file, in the repository and in the folder where it arrives."""
        return f"{self.name}-{self.version}.{self.extension}"

    @property
    def path(self) -> str:
        """Where it lies below a repository's URL."""
        return f"{self.group.replace('.', '/')}/{self.name}/{self.version}/{self.filename}"

    def fault(self, file: Path) -> str:
        """What is wrong with a file that should be this one, empty when it is as pinned."""
        try:
            with file.open("rb") as stream:
                digest = hashlib.file_digest(stream, "sha256").hexdigest()
        except FileNotFoundError:
            return "is missing"
        return (
            "" if digest == self.sha256 else f"has SHA-256 {digest}, not the pinned {self.sha256}"
        )


class NotFetchedError(LakehouseError):
    """A file can't be had from the repository."""


class _PassingError(NotFetchedError):
    """One that may be gone in some seconds."""


def download(artifact: Artifact, folder: Path, retry: str, waits: Sequence[float] = WAITS) -> None:
    """Put a file into a folder; it gets its name only when it is whole and as pinned.

    Args:
        artifact: What to fetch.
        folder: Where it goes; must exist.
        retry: What the reader should run after the fault is fixed, for the messages.
        waits: Seconds before each further attempt after a fault that may pass.

    Raises:
        NotFetchedError: The repository can't be reached, or lacks the file, or has another.
    """
    part = folder / f"{artifact.filename}.part"
    try:
        for wait in waits:
            try:
                return _attempt(artifact, part, retry)
            except _PassingError as error:
                logger.warning("%s Trying again in %g seconds.", error.problem, wait)
                time.sleep(wait)
        return _attempt(artifact, part, retry)
    finally:
        part.unlink(missing_ok=True)


def _attempt(artifact: Artifact, part: Path, retry: str) -> None:
    url = f"{_repository(retry)}/{artifact.path}"
    try:
        _receive(url, part)
    except (requests.RequestException, OSError) as error:
        raise _explained(error, url, retry) from error
    fault = artifact.fault(part)
    if fault:
        raise NotFetchedError(
            f"{artifact.filename} from {_host(url)} {fault}.",
            f"Let {MIRROR} name a repository that has the original, then {retry}.",
        )
    part.replace(part.with_name(artifact.filename))


def _repository(retry: str) -> str:
    url = (os.environ.get(MIRROR) or MAVEN_CENTRAL).rstrip("/")
    if urlsplit(url).scheme not in ("http", "https") or not urlsplit(url).hostname:
        raise NotFetchedError(
            f"{MIRROR}={url!r} is no URL of a Maven repository.",
            f"Set it to e.g. https://maven.example.com/central, or unset it; then {retry}.",
        )
    return url


def _receive(url: str, part: Path) -> None:
    timeout = CONNECT_SECONDS, READ_SECONDS
    with requests.get(url, stream=True, timeout=timeout, verify=_bundle() or True) as answer:
        answer.raise_for_status()
        size = int(answer.headers.get("content-length", 0)) / 1000
        logger.info("fetching %s, %.0f kB, from %s", part.stem, size, _host(url))
        arrived = 0
        with part.open("wb") as stream:
            for chunk in answer.iter_content(_CHUNK_BYTES):
                stream.write(chunk)
                arrived += len(chunk)
                if arrived % _PROGRESS_BYTES < len(chunk):
                    logger.info("%.0f of %.0f kB are here", arrived / 1000, size)


def _explained(error: Exception, url: str, retry: str) -> NotFetchedError:
    """The error that names the host, the cause and the variable that helps."""
    host = _host(url)
    what = f"{url.rpartition('/')[2]} could not be fetched from {host}:"
    if isinstance(error, requests.HTTPError) and error.response is not None:
        status = error.response.status_code
        kind = _PassingError if status in _PASSING_STATUSES else NotFetchedError
        return kind(
            f"{what} the answer is {status} {error.response.reason}.",
            f"Let {MIRROR} name a repository that has it, then {retry}.",
        )
    cause = _root(error)
    if isinstance(error, requests.exceptions.ProxyError):
        proxy = select_proxy(url, get_environ_proxies(url)) or ""
        return _PassingError(
            f"{what} the proxy {_host(proxy)} refuses: {cause}.",
            f"Correct HTTPS_PROXY, or name {host} in NO_PROXY, then {retry}.",
        )
    if isinstance(error, requests.exceptions.SSLError):
        return NotFetchedError(
            f"{what} {cause} (authorities of {_bundle() or 'the package certifi'}).",
            "Let SSL_CERT_FILE name a PEM file with the certificate authority of "
            f"{host} or of the proxy, then {retry}.",
        )
    if isinstance(error, requests.RequestException):
        return _PassingError(
            f"{what} {cause}.",
            f"Check the network; HTTPS_PROXY names a proxy, {MIRROR} another repository. "
            f"Then {retry}.",
        )
    return NotFetchedError(
        f"{what} {error}.",
        "Check the file that SSL_CERT_FILE or REQUESTS_CA_BUNDLE names, the rights in the folder "
        f"and the space left, then {retry}.",
    )


def _bundle() -> str | None:
    """The authorities to trust; requests by itself reads the second variable only."""
    return os.environ.get("SSL_CERT_FILE") or os.environ.get("REQUESTS_CA_BUNDLE")


def _root(error: BaseException) -> str:
    """The innermost cause: the outer ones repeat it inside names of classes."""
    while error.__cause__ or error.__context__:
        error = error.__cause__ or error.__context__ or error
    return str(error)


def _host(url: str) -> str:
    """Host and port alone: a URL may hold a password."""
    return urlsplit(url).netloc.rpartition("@")[2]
