"""What stands before moto in the server: the log of calls, the refused calls, the control calls."""

from __future__ import annotations

import io
import json
import re
import threading
import time
from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import parse_qs

from tests.cloud.stand_in import StandIn

Application = Callable[[dict[str, Any], Any], Iterable[bytes]]
SCOPE = re.compile(r"Credential=[^/]+/\d{8}/[^/]+/([^/]+)/aws4_request")
CONTROL = "/stand-in/"


def gateway(stand_in: StandIn, moto: Application) -> Application:
    """Wrap moto's application (WSGI)."""
    lock = threading.Lock()
    calls = (stand_in.folder / "calls.log").open("a", buffering=1)

    def answer(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        if environ["PATH_INFO"].startswith(CONTROL):
            return _control(stand_in, environ, start_response)
        call = service_and_operation(environ)
        with lock:
            calls.write(f"{time.time():.3f} {call[0]} {call[1]}\n")
            if stand_in.throttled[call] > 0:
                stand_in.throttled[call] -= 1
                return _throttled(environ, start_response)
        return moto(environ, start_response)

    return answer


def service_and_operation(environ: dict[str, Any]) -> tuple[str, str]:
    """Which call a request is: the service as signed, the operation by its protocol.

    JSON services name it in a header, CBOR services in the path, query services in the form. A REST
    service (S3, Lambda) has method and path instead: ("s3", "GET /bucket/key").
    """
    scope = SCOPE.search(environ.get("HTTP_AUTHORIZATION", ""))
    service = scope.group(1) if scope else "-"
    path = environ["PATH_INFO"]
    if target := environ.get("HTTP_X_AMZ_TARGET"):
        return service, target.rpartition(".")[2]
    if "/operation/" in path:
        return service, path.rpartition("/")[2]
    if environ.get("CONTENT_TYPE", "").startswith("application/x-www-form-urlencoded"):
        action = parse_qs(_body(environ).decode("utf-8", "replace")).get("Action")
        if action:
            return service, action[0]
    return service, f"{environ['REQUEST_METHOD']} {path}"


def _body(environ: dict[str, Any]) -> bytes:
    """The request's body, which moto can read again afterwards."""
    body: bytes = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    environ["wsgi.input"] = io.BytesIO(body)
    return body


def _throttled(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    _body(environ)
    if environ.get("HTTP_X_AMZ_TARGET"):
        kind = "application/x-amz-json-1.1"
        body = json.dumps({"__type": "ThrottlingException", "message": "Rate exceeded"})
    else:
        kind = "text/xml"
        body = (
            "<ErrorResponse><Error><Type>Sender</Type><Code>Throttling</Code>"
            "<Message>Rate exceeded</Message></Error><RequestId>1</RequestId></ErrorResponse>"
        )
    start_response("400 Bad Request", [("Content-Type", kind)])
    return [body.encode()]


def _control(stand_in: StandIn, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    asked = json.loads(_body(environ))
    if environ["PATH_INFO"] == f"{CONTROL}throttle":
        stand_in.throttled[asked["service"], asked["operation"]] += asked["times"]
    else:
        messages = stand_in.failing_runs.setdefault(asked["job"], [])
        messages += [asked["message"]] * asked["times"]
    start_response("200 OK", [("Content-Type", "application/json")])
    return [b"{}"]
