"""The documents' own curl lines, letter for letter, and which example each of them is.

They stand in `curl/`, a file for each document (the B2B document has none). Only the host, the credentials and an
address that the document redacts are put in before a shell runs them.
"""

from __future__ import annotations

import json
import os
import shlex
import subprocess
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

FOLDER = Path(__file__).with_name("curl")
HOST = "https://yoursite.com"
CREDENTIALS = "dXNlcm5hbWU6YXBwbGljYXRpb25fcGFzc3dvcmQ="
REDACTED = "[email protected]"
REPLACED = "grace@example.com"


class Asked(NamedTuple):
    """What is sent: the path with its query, and the body as JSON text with its keys in order."""

    method: str
    path: str
    body: str


def asked(method: str, path: str, body: Any) -> Asked:
    """A call, so that two of them can be compared."""
    return Asked(method, path, json.dumps(body, sort_keys=True))


def commands(document: str) -> list[str]:
    """The curl lines of a document, as they stand there."""
    return (FOLDER / f"{document}.sh").read_text().strip().split("\n\n")


def what_is_asked(command: str) -> Asked:
    """What a curl line sends."""
    words = shlex.split(filled(command, HOST, "").replace("\\\n", ""))
    body = json.loads(words[words.index("-d") + 1]) if "-d" in words else None
    (url,) = (word for word in words if word.startswith(HOST))
    return asked(words[words.index("-X") + 1], url.removeprefix(HOST), body)


def filled(command: str, url: str, credentials: str) -> str:
    """A curl line with the shop's address and base64 credentials."""
    return command.replace(HOST, url).replace(CREDENTIALS, credentials).replace(REDACTED, REPLACED)


@cache
def documented() -> dict[Asked, str]:
    """What is asked -> the curl line that asks it."""
    return {what_is_asked(command): command for path in FOLDER.glob("*.sh") for command in commands(path.stem)}


def by_shell(command: str, url: str, credentials: str) -> tuple[int, str]:
    """Let a shell run a curl line with base64 credentials; status and text of the answer.

    Beside the line curl reads `curl/.curlrc`: it says the status after the body, and nothing of its progress.
    """
    env = {"PATH": os.environ["PATH"], "CURL_HOME": str(FOLDER)}
    done = subprocess.run(
        ["sh", "-c", filled(command, url, credentials)], env=env, check=True, capture_output=True, text=True
    )
    text, _, status = done.stdout.rpartition("\n")
    return int(status), text
