"""The stand-in cloud's server: moto, with what it lacks put right by tests/cloud/patches.

    python -m tests.cloud.server --port 5100 --folder /tmp/stand-in

The file `ready` appears in the folder when it answers. Every call is noted in calls.log there:
time, service, operation. Besides the services of AWS it answers POST /stand-in/throttle and
/stand-in/fail-next-runs, the faults that tests ask for (see `Cloud`).
"""

from __future__ import annotations

import argparse
import logging
import os
import pkgutil
import signal
import sys
import threading
from importlib import import_module
from pathlib import Path
from typing import Any

from tests.cloud import patches
from tests.cloud.stand_in import REGION, StandIn

READY = "ready"

log = logging.getLogger(__name__)


def main() -> None:
    """Serve until SIGTERM or SIGINT, then end what was started."""
    arguments = _arguments()
    arguments.folder.mkdir(parents=True, exist_ok=True)
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s: %(message)s")
    logging.getLogger("werkzeug").setLevel(logging.ERROR)  # calls.log has all requests
    # moto's state machines log each failed task with all that it is.
    for name in ("botocore", "moto.stepfunctions"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
    # moto reads these; without keys, a client of it would look for the user's own.
    os.environ.update(
        MOTO_PORT=str(arguments.port),
        AWS_DEFAULT_REGION=REGION,
        AWS_ACCESS_KEY_ID="test",
        AWS_SECRET_ACCESS_KEY="test",
        NO_PROXY="127.0.0.1,localhost",
    )
    stand_in = StandIn(arguments.port, arguments.folder.resolve())
    if not arguments.plain:
        apply_patches(stand_in)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    if arguments.until_eof:
        threading.Thread(target=_end_at_eof, daemon=True).start()
    try:
        _serve(stand_in)
    except KeyboardInterrupt:
        pass
    finally:
        stand_in.stop()


def apply_patches(stand_in: StandIn) -> None:
    """Apply every module of tests/cloud/patches that has an `apply`."""
    for found in sorted(pkgutil.iter_modules(patches.__path__), key=lambda module: module.name):
        if not found.name.startswith("test_"):
            module = import_module(f"{patches.__name__}.{found.name}")
            if hasattr(module, "apply"):
                module.apply(stand_in)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--until-eof", action="store_true", help="end when the standard input ends")
    parser.add_argument("--plain", action="store_true", help="moto as it is, to see what it lacks")
    return parser.parse_args()


def _end_at_eof() -> None:
    """End with whoever holds the other end of the standard input, however that ends."""
    sys.stdin.read()
    os.kill(os.getpid(), signal.SIGTERM)


def _serve(stand_in: StandIn) -> None:
    from moto.core.config import default_user_config
    from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
    from werkzeug.serving import make_server

    from tests.cloud.gateway import gateway

    default_user_config["stepfunctions"] = {"execute_state_machine": True}
    moto: Any = DomainDispatcherApplication(create_backend_app)
    server = make_server("127.0.0.1", stand_in.port, gateway(stand_in, moto), threaded=True)
    (stand_in.folder / READY).write_text(stand_in.endpoint)
    log.info("The stand-in cloud is ready: %s", stand_in.endpoint)
    server.serve_forever()


if __name__ == "__main__":
    main()
