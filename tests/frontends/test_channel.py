"""What of a kernel's shell channel is for us, and kernels whose inner parts have another shape. Real kernels: test_kernel."""

from __future__ import annotations

import asyncio
import queue
import signal
import threading
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import comm
import pytest
from jupyter_client.session import Session

from desiru_notebook import portal
from desiru_notebook.frontends import comms, kernel
from desiru_notebook.frontends.channel import ShellChannel, main_stream, subshell_channel
from desiru_notebook.frontends.kernel import KernelWaiter
from desiru_notebook.outcome import Outcome

OF_STREAM = ("_recv_callback", "_recv_copy", "_run_callback", "on_recv", "flush", "sending", "socket")
OF_KERNEL = ("session", "shell_handlers", "_publish_status", "log")


def with_parts(names: tuple[str, ...], *without: str, **more: Any) -> SimpleNamespace:
    return SimpleNamespace(**{name: None for name in names if name not in without}, **more)


def fake_kernel(*without: str, **more: Any) -> SimpleNamespace:
    return with_parts(OF_KERNEL, *without, **more)


def in_a_thread(**manager: Any) -> dict[str, Any]:
    """Where ipykernel 7 reads the shell channel."""
    return {"shell_channel_thread": SimpleNamespace(manager=SimpleNamespace(**manager)), "shell_stream": None}


OTHERS = [
    SimpleNamespace(),
    fake_kernel(shell_stream=None),
    *(fake_kernel(name, shell_stream=with_parts(OF_STREAM)) for name in OF_KERNEL),
    *(fake_kernel(shell_stream=with_parts(OF_STREAM, name)) for name in OF_STREAM),
    fake_kernel(**in_a_thread()),
    fake_kernel(**in_a_thread(get_shell_channel_to_subshell_pair=lambda subshell: SimpleNamespace())),
    fake_kernel(**in_a_thread(get_shell_channel_to_subshell_pair=lambda subshell: None)),
]


def fake_shell(kernel: Any) -> SimpleNamespace:
    return SimpleNamespace(kernel=kernel, events=SimpleNamespace(register=lambda *_: None, unregister=lambda *_: None))


class TestOtherKernels:
    @pytest.mark.parametrize("other", OTHERS)
    def test_the_wait_is_plain(self, other):
        assert (main_stream(other), subshell_channel(other)) == (None, None)
        outcome: Outcome[int] = Outcome()
        waiter = KernelWaiter(fake_shell(other))
        threading.Thread(target=outcome.set_result, args=[42]).start()
        waiter.wait(outcome)
        assert outcome.result() == 42
        waiter.wait(Outcome(), 0.001)

    @pytest.mark.parametrize("other", OTHERS)
    async def test_so_is_awaiting(self, other):
        waiter = KernelWaiter(fake_shell(other))
        before = signal.getsignal(signal.SIGINT)
        with waiter.listening(None):
            await asyncio.sleep(0)
        waiter._stop_listening()
        assert signal.getsignal(signal.SIGINT) is before

    def test_what_is_needed_is_found_in_both_generations(self):
        stream = with_parts(OF_STREAM)
        assert main_stream(fake_kernel(shell_stream=stream)) is stream
        pair = SimpleNamespace(to_stream=stream)
        assert main_stream(fake_kernel(**in_a_thread(get_shell_channel_to_subshell_pair=lambda subshell: pair))) is stream


class TestInstalling:
    @pytest.fixture(autouse=True)
    def _uninstalled(self) -> Iterator[None]:
        yield
        kernel.uninstall()

    def test_a_terminal_keeps_its_way_of_waiting(self):
        kernel.install(None)
        kernel.install(SimpleNamespace())
        kernel.install(SimpleNamespace(kernel=None))
        assert portal._way() == (portal.wait_plainly, None)

    def test_a_kernel_gets_its_way_until_it_is_taken_away(self):
        shell = fake_shell(SimpleNamespace())
        waiter = kernel.install(shell)
        assert portal._way() == (waiter.wait, waiter.listening)
        assert kernel.install(shell) is waiter  # which may be waiting at the moment
        kernel.uninstall()
        assert portal._way() == (portal.wait_plainly, None)


class Frame:
    """A part of a message, as zmq gives it out uncopied."""

    def __init__(self, data: bytes) -> None:
        self.bytes = self.buffer = data


class FakeChannel:
    """A kernel with a stream that is fed by hand; ``log`` has what was handled, and what went on to ipykernel."""

    def __init__(self, queued: Any = None) -> None:
        self.log: list[Any] = []
        self.session = Session(key=b"")
        self.stream = SimpleNamespace(_recv_callback=self.handed_on, _recv_copy=False, on_recv=self.on_recv)
        self.stream._run_callback = lambda callback, frames: callback(frames)
        self.kernel = SimpleNamespace(
            session=self.session,
            shell_handlers=dict.fromkeys(("comm_msg", "comm_open", "comm_info_request"), self.handle),
            _publish_status=lambda status, channel, parent: self.log.append(status),
            log=SimpleNamespace(exception=lambda text: self.log.append(text)),
            msg_queue=queued,
        )
        self.shell = ShellChannel(self.kernel, self.stream)

    def on_recv(self, callback: Any, copy: bool) -> None:
        self.stream._recv_callback = callback

    def handle(self, stream: Any, idents: list[bytes], message: dict[str, Any]) -> None:
        self.log.append((idents, message["msg_type"], message["content"]))

    def handed_on(self, frames: Any) -> None:
        self.log.append("handed on")

    def frames(self, kind: str, **content: Any) -> list[Frame]:
        return [Frame(b"id"), *map(Frame, self.session.serialize(self.session.msg(kind, content)))]

    def say(self, kind: str, **content: Any) -> list[Any]:
        """What becomes of such a message."""
        self.log.clear()
        self.stream._recv_callback(self.frames(kind, **content))
        return list(self.log)


@pytest.fixture
def ours() -> Iterator[str]:
    """The id of a comm of ours."""
    yield from opened("desiru-test", own=True)


@pytest.fixture
def theirs() -> Iterator[str]:
    """The id of a comm of some other widget."""
    yield from opened("other-test", own=False)


def opened(comm_id: str, *, own: bool) -> Iterator[str]:
    new = comm.DummyComm(target_name="jupyter.widget", comm_id=comm_id)
    comm.get_comm_manager().register_comm(new)
    if own:
        comms.own(new)
    yield comm_id
    comm.get_comm_manager().unregister_comm(new)


HANDED_ON = ["handed on"]


def handled(kind: str, **content: Any) -> list[Any]:
    return ["busy", ([b"id"], kind, content), "idle"]


class TestWhileItIsOpen:
    def test_a_message_to_a_comm_of_ours_is_handled(self, ours):
        channel = FakeChannel()
        with channel.shell:
            assert channel.say("comm_msg", comm_id=ours) == handled("comm_msg", comm_id=ours)

    def test_one_to_another_widget_goes_on(self, theirs):
        channel = FakeChannel()
        with channel.shell:
            assert channel.say("comm_msg", comm_id=theirs) == HANDED_ON
            assert channel.say("comm_open", comm_id="new", target_name="jupyter.widget") == HANDED_ON
            assert channel.say("comm_close", comm_id=theirs) == HANDED_ON

    def test_so_does_one_to_nobody_and_one_that_cannot_be_read(self):
        channel = FakeChannel()
        with channel.shell:
            assert channel.say("comm_msg", comm_id="gone") == HANDED_ON
            assert channel.say("comm_msg", comm_id=["no", "id"]) == HANDED_ON
            assert channel.say("execute_request", code="1") == HANDED_ON
            channel.log.clear()
            channel.stream._recv_callback([Frame(b"<IDS|MSG>")])
            assert channel.log == HANDED_ON

    def test_a_reloaded_pages_questions_are_answered(self):
        channel = FakeChannel()
        control = {"comm_id": "asks", "target_name": "jupyter.widget.control"}
        with channel.shell:
            assert channel.say("comm_info_request") == handled("comm_info_request")
            assert channel.say("comm_open", **control) == handled("comm_open", **control)

    def test_a_message_is_not_used_up_by_looking_into_it(self, theirs):
        """A session takes each signature once only."""
        channel = FakeChannel()
        channel.session.key = b"secret"
        read: list[Any] = []
        channel.stream._recv_callback = lambda frames: read.append(
            channel.session.deserialize(channel.session.feed_identities(frames, copy=False)[1], copy=False)
        )
        with channel.shell:
            channel.say("comm_msg", comm_id=theirs)
        assert [message["content"] for message in read] == [{"comm_id": theirs}]

    def test_a_message_with_a_wrong_signature_is_not_ours_to_handle(self, ours):
        channel = FakeChannel()
        frames = channel.frames("comm_msg", comm_id=ours)
        channel.session.key = b"secret"
        with channel.shell:
            channel.stream._recv_callback(frames)
        assert channel.log == HANDED_ON

    def test_a_handler_that_fails_is_told_to_the_log(self, ours):
        channel = FakeChannel()
        channel.kernel.shell_handlers.clear()
        with channel.shell:
            assert channel.say("comm_msg", comm_id=ours) == ["busy", "A message failed while a cell was waiting", "idle"]

    def test_a_kernel_that_publishes_in_another_way_handles_its_messages_itself(self, ours):
        channel = FakeChannel()
        channel.kernel._publish_status = lambda: None
        with channel.shell:
            assert channel.say("comm_msg", comm_id=ours) == HANDED_ON

    def test_what_ipykernel_6_has_read_already_is_looked_through_first(self, ours, theirs):
        queued: queue.SimpleQueue[Any] = queue.SimpleQueue()
        channel = FakeChannel(queued)
        ids = [ours, theirs, ours]
        items = [(at, None, (channel.frames("comm_msg", comm_id=each),)) for at, each in enumerate(ids)]
        for item in [*items, (3, None, ()), (4, None)]:
            queued.put_nowait(item)
        with channel.shell:
            left = [queued.get_nowait() for _ in range(queued.qsize())]
        assert left == [items[1], (3, None, ()), (4, None)]
        assert channel.log == handled("comm_msg", comm_id=ours) * 2


class TestOpeningAndClosing:
    def test_ipykernel_reads_again_afterwards_also_after_an_error(self):
        channel = FakeChannel()
        with pytest.raises(ZeroDivisionError), channel.shell:
            raise ZeroDivisionError
        assert channel.stream._recv_callback == channel.handed_on

    def test_one_wait_within_another_reads_on(self, ours):
        channel = FakeChannel()
        with channel.shell:
            with channel.shell:
                pass
            assert channel.say("comm_msg", comm_id=ours) == handled("comm_msg", comm_id=ours)
        assert channel.say("comm_msg", comm_id=ours) == HANDED_ON

    def test_whoever_has_taken_the_place_in_the_meantime_keeps_it(self):
        channel = FakeChannel()
        with channel.shell:
            channel.stream.on_recv(print, copy=False)
        assert channel.stream._recv_callback is print


def test_the_cure_is_for_our_own_comms_only():
    """ipykernel 7.4 hands messages to the shell that sent last, which is the busy one."""
    ours, theirs = (SimpleComm() for _ in range(2))
    comms.own(ours)
    assert ours._reply_subshell_for({}, "asked for") == "asked for"
    assert theirs._reply_subshell_for({}, "asked for") == "the busy one"


class SimpleComm:
    comm_id = "desiru-simple"

    def _reply_subshell_for(self, data: Any, default: str) -> str:
        return "the busy one"
