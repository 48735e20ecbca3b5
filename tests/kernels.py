"""A kernel of the tests' own, and a client that sees every message: what a page would send, and what it would be told."""

from __future__ import annotations

import os
import queue
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from jupyter_client.blocking import BlockingKernelClient
from jupyter_client.manager import KernelManager
from models import PATIENCE

ROOT = Path(__file__).resolve().parent.parent
OLDER = ("6.29", "6.31", "7.0", "7.3")  # versions of ipykernel beside the installed one

SETUP = """
%load_ext desiru_notebook
import sys, threading, time
import desiru_notebook as desiru
from IPython.display import display, publish_display_data
from comm import create_comm, get_comm_manager
from desiru_notebook.frontends import comms
from models import Gate, Scripted, start

def opens(message):
    globals()[message["content"]["data"]["gate"]].open()

def say_when_asleep(word):
    "Print it when the kernel's loop sleeps: an interrupt that comes while the cell itself prints can hit ipykernel's own code."
    def watch(main=threading.main_thread().ident):
        while sys._current_frames()[main].f_code.co_name != "select":
            time.sleep(0.005)
        print(word, flush=True)
    threading.Thread(target=watch, daemon=True).start()

gates = create_comm(target_name="gates", comm_id="gates")
gates.on_msg(opens)
comms.own(gates)
order = []
"""
VIEW = "application/vnd.jupyter.widget-view+json"


class Kernel:
    """A kernel and its client; keeps everything that the kernel publishes."""

    def __init__(self, manager: KernelManager, client: BlockingKernelClient) -> None:
        self.manager, self._client = manager, client
        self.published: list[dict[str, Any]] = []

    def send(
        self, kind: str, content: dict[str, Any] | None = None, *, subshell: str | None = None, cell_id: str | None = None
    ) -> str:
        """Send a message on the shell channel."""
        message = self._client.session.msg(kind, content or {}, metadata={"cellId": cell_id} if cell_id else {})
        message["header"]["subshell_id"] = subshell
        self._client.shell_channel.send(message)
        return message["header"]["msg_id"]

    def send_frames(self, frames: list[bytes]) -> None:
        self._client.shell_channel.socket.send_multipart(frames)

    def execute(self, code: str, *, silent: bool = False, **more: Any) -> str:
        content = {"code": code, "silent": silent, "store_history": not silent, "user_expressions": {}, "allow_stdin": False}
        return self.send("execute_request", content | {"stop_on_error": True}, **more)

    def open_gate(self, name: str = "gate") -> str:
        """By a message of the kind that reaches a busy cell: to a comm of ours."""
        return self.send("comm_msg", {"comm_id": "gates", "data": {"gate": name}})

    def reply(self) -> dict[str, Any]:
        """The next answer on the shell channel."""
        return self._client.get_shell_msg(timeout=PATIENCE)

    def answer_everything(self) -> None:
        """Let nothing be left of what was asked until the kernel was ready."""
        last = self.send("kernel_info_request")
        while self.reply()["parent_header"]["msg_id"] != last:
            continue

    def create_subshell(self) -> str:
        """Skips the test in a kernel that has none."""
        self.send("kernel_info_request")
        if "kernel subshells" not in self.reply()["content"].get("supported_features", []):
            pytest.skip("this ipykernel has no subshells")
        message = self._client.session.msg("create_subshell_request", {})
        self._client.control_channel.send(message)
        return self._client.get_control_msg(timeout=PATIENCE)["content"]["subshell_id"]

    def wait_for(self, condition: Callable[[dict[str, Any]], Any]) -> dict[str, Any]:
        """The first message, past or coming, that fulfils the condition."""
        for message in self.published:
            if condition(message):
                return message
        while True:
            message = self._client.get_iopub_msg(timeout=PATIENCE)
            self.published.append(message)
            if condition(message):
                return message

    def wait_until_idle(self, parent: str) -> None:
        self.wait_for(lambda m: m["parent_header"].get("msg_id") == parent and m["content"].get("execution_state") == "idle")

    def said(self, parent: str, *kinds: str) -> list[dict[str, Any]]:
        """The content of the messages of these types that a message caused, at its end."""
        self.wait_until_idle(parent)
        return [m["content"] for m in self.published if m["parent_header"].get("msg_id") == parent and m["msg_type"] in kinds]

    def printed(self, parent: str) -> str:
        """What a cell printed, at its end."""
        return "".join(content["text"] for content in self.said(parent, "stream") if content["name"] != "metadata")

    def wait_for_print(self, text: str) -> None:
        """Wait until the kernel has printed this word; a line's end may come in a message of its own."""
        self.wait_for(lambda m: m["msg_type"] == "stream" and text in m["content"]["text"])

    def wait_for_words(self, text: str) -> None:
        """Wait until a live view has sent this piece of text."""
        self.wait_for(
            lambda m: text in [piece for _, _, piece in m["content"].get("data", {}).get("content", {}).get("deltas", [])]
        )

    def outputs(self, parent: str) -> list[tuple[str, ...]]:
        """What stands under the cell, as a page keeps it: an update takes the place of what it updates, whoever sent it.

        The line of figures is left out, as nbval leaves it out.
        """
        self.wait_until_idle(parent)
        ours = [m for m in self.published if m["parent_header"].get("msg_id") == parent]
        shown = [m for m in ours if m["msg_type"] in ("display_data", "execute_result", "error", "stream")]
        shown = [m for m in shown if m["content"].get("name") != "metadata"]
        updates = [m["content"] for m in self.published if m["msg_type"] == "update_display_data"]
        latest = {content["transient"]["display_id"]: content for content in updates}
        outputs: list[tuple[str, ...]] = []
        for message in shown:
            content = latest.get(message["content"].get("transient", {}).get("display_id"), message["content"])
            new = _output(message["msg_type"], content)
            if new[0] == "stream" and outputs and outputs[-1][0] == "stream":
                new = ("stream", outputs.pop()[1] + new[1])
            outputs.append(new)
        return outputs

    def opened_views(self) -> list[str]:
        """The comms of all live views that were opened, as far as the kernel's messages were read."""
        opened = [m["content"] for m in self.published if m["msg_type"] == "comm_open"]
        return [content["comm_id"] for content in opened if "fields" in content["data"].get("state", {})]

    def statuses(self, parent: str) -> list[str]:
        """The states that were published for a message."""
        return [content["execution_state"] for content in self.said(parent, "status")]

    def is_at_rest(self) -> bool:
        """Whether no cell is going on, and there is no answer that nobody has looked at."""
        question = self.send("is_complete_request", {"code": ""})  # which nobody answers in the midst of a cell
        try:
            return self.reply()["parent_header"]["msg_id"] == question
        except queue.Empty:
            return False

    def restart(self) -> None:
        """Whatever a test has left."""
        self.manager.restart_kernel(now=True)
        self._client.wait_for_ready(timeout=60)
        self.answer_everything()

    def run(self, code: str) -> str:
        """Run a cell that has to go well; what it printed."""
        parent = self.execute(code)
        reply = self.reply()
        assert (reply["parent_header"]["msg_id"], reply["content"]["status"]) == (parent, "ok"), reply["content"]
        return self.printed(parent)

    def wait_in(self, code: str) -> str:
        """Execute a cell and return as soon as it waits: it has shown something, and then the pump has answered a question.

        A message that the kernel's loop reads before the cell begins is out of everybody's reach until the cell's end.
        """
        parent = self.execute(code)
        self.wait_for(lambda m: m["msg_type"] == "display_data" and m["parent_header"].get("msg_id") == parent)
        question = self.send("kernel_info_request")
        reply = self.reply()
        assert (reply["msg_type"], reply["parent_header"]["msg_id"]) == ("kernel_info_reply", question)
        self.wait_until_idle(question)
        return parent

    def ends(self, parent: str, status: str = "ok") -> dict[str, Any]:
        """The next answer is that of this cell."""
        reply = self.reply()
        assert (reply["parent_header"]["msg_id"], reply["content"]["status"]) == (parent, status), reply["content"]
        return reply["content"]

    def fails(self, parent: str) -> str:
        """The next answer is that of this cell, which failed: its error's name, when the kernel executes cells again."""
        ename = self.ends(parent, "error")["ename"]
        self.wait_until_idle(parent)
        question = self.send("kernel_info_request")  # until now, cells sent by whoever did not know of the error were aborted
        assert self.reply()["parent_header"]["msg_id"] == question
        return ename

    def view(self, parent: str) -> str:
        """The comm of the live view that the cell displays."""
        shown = self.wait_for(lambda m: VIEW in m["content"].get("data", {}) and m["parent_header"].get("msg_id") == parent)
        return shown["content"]["data"][VIEW]["model_id"]

    def click(self, comm_id: str, content: Any, **more: Any) -> str:
        return self.send("comm_msg", {"comm_id": comm_id, "data": {"method": "custom", "content": content}}, **more)


# What outputs() says of the two outputs that nobody reads in a file.
LIVE, EMPTY = ("display_data", "live view"), ("display_data", "empty view")


def saved(text: str) -> tuple[str, ...]:
    """What :meth:`Kernel.outputs` says of an output that a file keeps of a run."""
    return ("display_data", "html", text)


def value(text: str) -> tuple[str, ...]:
    """What it says of a cell's value that is a prediction."""
    return ("execute_result", "html", text)


def _output(kind: str, content: dict[str, Any]) -> tuple[str, ...]:
    data = content.get("data", {})
    if VIEW in data:
        return (kind, "live view" if data[VIEW]["model_id"] else "empty view")
    if data:
        return (kind, "html" if "text/html" in data else "plain", data["text/plain"])
    return (kind, content["text"] if kind == "stream" else content["ename"])


@contextmanager
def running_kernel(environment: dict[str, str]) -> Iterator[Kernel]:
    """A kernel for as long as the context lasts."""
    manager = KernelManager(kernel_name="python3", transport="ipc")
    manager.start_kernel(env=environment)
    client = manager.client()
    client.start_channels()
    client.wait_for_ready(timeout=60)
    kernel = Kernel(manager, client)
    kernel.answer_everything()
    yield kernel
    client.stop_channels()
    manager.shutdown_kernel(now=True)
    manager.context.destroy(linger=0)


def jupyter_folders(home: Path) -> dict[str, str]:
    """The variables of a process that keeps all that is Jupyter's in this folder, where its kernels are reached by files.

    The ports that Jupyter chooses may be taken by the time that a kernel wants them, and a kernel without its iopub port hangs
    (ipykernel 7.4). The path of a socket has 107 characters at most (103 on macOS), and Jupyter takes 58 of them.
    """
    if len(str(home)) < 48:
        (home / "config").mkdir(exist_ok=True)
        (home / "config" / "jupyter_config.json").write_text('{"KernelManager": {"transport": "ipc"}}')
    folders = {f"JUPYTER_{kind}_DIR": str(home / kind.lower()) for kind in ("CONFIG", "DATA", "RUNTIME")}
    return folders | {"IPYTHONDIR": str(home / "ipython"), "JUPYTER_PLATFORM_DIRS": "1"}


def older_ipykernel(version: str) -> Path:
    """A folder for PYTHONPATH with that version in it; what else it needs is installed with the newest one."""
    folder = ROOT / ".venvs" / f"ipykernel-{version}"
    if not folder.is_dir():
        command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target", str(folder)]
        subprocess.run([*command, f"ipykernel=={version}.*"], check=True)
    return folder


def make_older_ipykernels() -> None:
    """Make every folder that :func:`older_ipykernel` may be asked for."""
    for version in OLDER:
        older_ipykernel(version)


def on_path(environment: dict[str, str], folder: Path) -> dict[str, str]:
    """The environment, with the folder first on Python's path."""
    return environment | {"PYTHONPATH": os.pathsep.join([str(folder), environment["PYTHONPATH"]])}
