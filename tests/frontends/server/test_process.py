"""A real server process between real sockets: what its clients do reaches the model's service."""

from __future__ import annotations

import os
import re
import shutil
import socket
import struct
import subprocess
import sysconfig
import time
import venv
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from browser.server import variables
from mock_provider import MockProvider

from .answers import Answer, expected
from .conftest import CUT, FAST, FLOOD, LONG, PACED, REFUSED, SILENT
from .jupyter import ROOT, jupyter

CLIENTS = 20


def assert_whole(answer: Answer, count: int) -> None:
    assert answer.texts == expected(count)
    assert answer.result["prediction"] == expected(count)
    assert (answer.error, answer.done) == (None, True)


@pytest.mark.usefixtures("service")
def test_pip_install_is_enough_to_have_the_endpoint_and_a_fast_model_costs_few_events(server):
    with server.client() as client:
        answer = server.ask(client, FAST)
    assert_whole(answer, 2000)
    assert answer.events < 1000


@pytest.mark.usefixtures("service")
def test_many_clients_at_a_time_get_every_word_in_order(server):
    with server.client() as client, ThreadPoolExecutor(CLIENTS) as pool:
        answers = list(pool.map(lambda _: server.ask(client, PACED), range(CLIENTS)))
    for answer in answers:
        assert_whole(answer, 100)


def test_a_stream_that_breaks_and_a_service_that_refuses_end_as_events(server, service):
    with server.client() as client:
        cut, refused = server.ask(client, CUT), server.ask(client, REFUSED)
    assert (cut.error["type"], cut.result, cut.done) == ("StreamInterrupted", None, True)
    assert cut.error["partial"] == {"reasoning": cut.texts["reasoning"]}
    assert cut.texts["reasoning"].startswith("word0 word1")
    assert (refused.error["type"], refused.error["partial"], refused.done) == ("AuthenticationError", {}, True)
    assert service.base_url not in refused.error["message"]


@pytest.mark.parametrize("model", [LONG, SILENT])
@pytest.mark.parametrize("rudely", [False, True])
def test_a_client_that_leaves_stops_the_service(server, service, model, rudely):
    with socket.create_connection(server.address) as client:
        client.sendall(server.request(model))
        until = b"word3" if model == LONG else b"\r\n\r\n"
        read_until(client, until)
        service.wait_for(lambda call: call["model"] == model)
        if rudely:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    call = service.wait_for(lambda call: call["client_gone_at"])
    assert not call["finished"]


def test_a_client_that_reads_nothing_holds_the_service_back_and_can_leave(server, service):
    with socket.socket() as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 16_384)
        client.connect(server.address)
        client.sendall(server.request(FLOOD))
        sent = until_at_rest(service)
    assert sent < 100_000
    call = service.wait_for(lambda call: call["client_gone_at"])
    assert call["sent"] == sent


def test_a_client_that_begins_to_read_late_gets_everything(server, service):
    with socket.socket() as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 16_384)
        client.connect(server.address)
        client.sendall(server.request(LONG))
        service.wait_for(lambda call: call["sent"] > 5)
        read_until(client, b"word100")


def test_a_server_that_is_stopped_stops_its_runs(tmp_path, service):
    with jupyter(tmp_path, service.base_url, [LONG]) as server, socket.create_connection(server.address) as client:
        client.sendall(server.request(LONG))
        read_until(client, b"word3")
        server.process.terminate()
        rest = b"".join(iter(lambda: client.recv(65_536), b""))
    assert service.wait_for(lambda call: call["client_gone_at"])
    assert b'"type": "RunCancelled"' in rest
    assert b"data: [DONE]" in rest


@pytest.fixture
def installed(tmp_path: Path) -> Path:
    """The Python of an environment into which `pip install` has put the package's files; its packages are the tests' own."""
    venv.create(tmp_path / "env", symlinks=True)
    shutil.copytree(ROOT / "jupyter-config", tmp_path / "env" / "etc" / "jupyter")
    return next(tmp_path.glob("env/*/python"))


def test_the_endpoint_is_on_and_can_be_switched_off_and_on_again(installed, tmp_path):
    packages = os.pathsep.join([str(ROOT), sysconfig.get_path("purelib")])
    environment = variables(tmp_path) | {"PYTHONPATH": packages, "NO_COLOR": "1"}

    def extension(*words: str) -> str:
        command = [installed, "-m", "jupyter_server.extension.serverextension", *words]
        return subprocess.run(
            command, env=environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=True
        ).stdout

    def state() -> str:
        (found,) = re.findall(r"desiru_notebook \S*?(enabled|disabled)", extension("list"))
        return found

    assert state() == "enabled"
    extension("disable", "desiru_notebook")
    assert state() == "disabled"
    extension("enable", "desiru_notebook")
    assert state() == "enabled"


def read_until(client: socket.socket, text: bytes) -> bytes:
    """What came by the time the text did."""
    client.settimeout(20)
    came = b""
    while text not in came:
        piece = client.recv(4096)
        assert piece, came
        came += piece
    return came


def until_at_rest(service: MockProvider) -> int:
    """How many tokens the service has sent, once it has sent none for a while."""
    sent = -1
    while (now := service.wait_for(lambda call: call["sent"])["sent"]) != sent:
        sent = now
        time.sleep(0.5)
    return sent
