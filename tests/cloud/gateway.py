"""What stands before moto in the server: the log of calls, the refused calls, the control calls."""

from __future__ import annotations

import io
import json
import logging
import re
import threading
import time
from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import parse_qs
from xml.sax.saxutils import escape

from tests.cloud.stand_in import FailingRuns, StandIn

Application = Callable[[dict[str, Any], Any], Iterable[bytes]]
SCOPE = re.compile(r"Credential=[^/]+/\d{8}/[^/]+/([^/]+)/aws4_request")
CONTROL = "/stand-in/"

log = logging.getLogger(__name__)


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
                _body(environ)
                json_call = "HTTP_X_AMZ_TARGET" in environ
                code = "ThrottlingException" if json_call else "Throttling"
                return _refused(environ, start_response, "400 Bad Request", code, "Rate exceeded")
        try:
            return moto(environ, start_response)
        except Exception as error:
            # Not 500, which clients would try again: what moto lacks now it lacks at once.
            log.exception("%s %s failed in the stand-in", *call)
            code, message = type(error).__name__, f"The stand-in failed: {error}"
            return _refused(environ, start_response, "501 Not Implemented", code, message)

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


def _refused(
    environ: dict[str, Any], start_response: Any, status: str, code: str, message: str
) -> Iterable[bytes]:
    """An error as AWS gives it, in the words of the call's protocol."""
    if environ.get("HTTP_X_AMZ_TARGET") or "json" in environ.get("CONTENT_TYPE", ""):
        kind = "application/x-amz-json-1.1"
        body = json.dumps({"__type": code, "message": message})
    else:
        kind = "text/xml"
        body = (
            f"<ErrorResponse><Error><Type>Sender</Type><Code>{code}</Code>"
            f"<Message>{escape(message)}</Message></Error><RequestId>1</RequestId></ErrorResponse>"
        )
    # moto's own state machines ask for the request's id.
    start_response(status, [("Content-Type", kind), ("x-amzn-RequestId", "1")])
    return [body.encode()]


def _control(stand_in: StandIn, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    asked = json.loads(_body(environ))
    if environ["PATH_INFO"] == f"{CONTROL}throttle":
        stand_in.throttled[asked["service"], asked["operation"]] = asked["times"]
    else:
        messages = [asked["message"]] * asked["times"]
        stand_in.failing_runs[asked["job"]] = FailingRuns(messages, asked["arguments"])
    start_response("200 OK", [("Content-Type", "application/json")])
    return [b"{}"]
