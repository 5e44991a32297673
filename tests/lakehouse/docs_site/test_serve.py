from __future__ import annotations

from pathlib import Path
from threading import Thread
from urllib.request import urlopen

import pytest

from ingestion.errors import LakehouseError
from lakehouse.docs_site.serve import address_of, new_server


def test_a_folder_is_served_to_this_machine_alone(tmp_path: Path) -> None:
    (tmp_path / "index.html").write_text("the site")
    with new_server(tmp_path, 0) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        with urlopen(address_of(server)) as answer:
            assert answer.read() == b"the site"
        server.shutdown()
        thread.join()
    assert server.server_address[0] == "127.0.0.1"


@pytest.mark.parametrize("port", ["taken", 70000])
def test_a_port_that_can_not_be_had_is_reported_with_the_way_out(
    tmp_path: Path, port: int | str
) -> None:
    with new_server(tmp_path, 0) as server:
        wanted = server.server_address[1] if port == "taken" else int(port)
        with pytest.raises(LakehouseError, match=f"port {wanted}") as raised:
            new_server(tmp_path, wanted)
        assert "--port" in raised.value.next_step
