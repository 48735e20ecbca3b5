"""What is shown of an answer, and what is logged."""

from __future__ import annotations

import io
import json
import logging
import os
import re
import subprocess
import sys

from hostile_service import KEPT

from desiru_notebook import model

from .made import ALL, LONGEST, SHOWN, WHOLE, Ended, Place, ended, fault, start


def command_line(at: Place, scenario: str, *options: str) -> tuple[str, str]:
    """What the command line prints, on both of its streams."""
    environment = os.environ | {"OPENAI_BASE_URL": at.url, "OPENAI_API_KEY": "sk-none", "PYTHONUTF8": "1"}
    command = [sys.executable, "-m", "desiru_notebook", "-m", f"openai:{scenario}", *options, "question -> answer", "Why?"]
    done = subprocess.run(command, capture_output=True, env=environment, timeout=LONGEST / 2)
    return done.stdout.decode(errors="replace"), done.stderr.decode(errors="replace")


@fault(SHOWN, "an error with an OSC 52 and bidi marks, in a terminal", "ProviderError", "all, and no such character")
def _(at: Place) -> Ended:
    out, told = command_line(at, "escapes")
    harmless = not re.search("\x1b\\]|[\u202a-\u202e\u2066-\u2069]", out + told)
    kept = f"{ALL}, and no such character" if KEPT in out and harmless else repr(out + told)
    return Ended("ProviderError" if "ProviderError" in told else WHOLE, kept)


@fault(SHOWN, "half a surrogate pair, as JSON lines")
def _(at: Place) -> Ended:
    out, told = command_line(at, "surrogate", "--json")
    events = [json.loads(line) for line in out.splitlines() if line.startswith("{")]
    return Ended(WHOLE, ALL) if events and events[-1].get("state") == "done" and KEPT in out else Ended(told[-200:], "nothing")


@fault(SHOWN, "a user, a password and a key in the address, logged at INFO", kept="all, and no secret in the log")
def _(at: Place) -> Ended:
    log = io.StringIO()
    logging.basicConfig(stream=log, level=logging.INFO, force=True)
    address = at.url.replace("://", "://alice:wonder99@") + "?api-key=qwerty77"
    found = ended(start(model("openai:count", base_url=address, api_key="sk-none")))
    told = "qwerty77" in log.getvalue() or "wonder99" in log.getvalue()
    return Ended(found.raised, "a secret in the log" if told else f"{found.kept}, and no secret in the log")
