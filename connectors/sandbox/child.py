"""The child of a sandbox: reads a request, calls one function, writes the answer, until its input ends.

Started as `python -m connectors.sandbox.child MODULE:FUNCTION MEMORY_BYTES`; FUNCTION is bytes to bytes.
"""

from __future__ import annotations

import importlib
import os
import resource
import sys
from collections.abc import Callable
from typing import BinaryIO

DONE, RAISED = b"\x00", b"\x01"
SIZE_BYTES = 8


def serve(work: Callable[[bytes], bytes], requests: BinaryIO, answers: BinaryIO) -> None:
    """Answer each request; what the function raises is answered by the name of its type."""
    while head := requests.read(SIZE_BYTES):
        request = requests.read(int.from_bytes(head, "big"))
        try:
            status, answer = DONE, work(request)
        except MemoryError:
            status, answer = RAISED, b"MemoryError"
        except Exception as wrong:  # noqa: BLE001 (told to the other side, which asked)
            status, answer = RAISED, type(wrong).__name__.encode()
        del request
        answers.write(status + len(answer).to_bytes(SIZE_BYTES, "big"))
        answers.write(answer)
        answers.flush()
        del answer


def main(target: str, max_memory_bytes: int) -> None:
    """Become the child: nothing else on stdout, no core file, bounded memory, the last to run."""
    module, _, name = target.partition(":")
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform == "linux":
        resource.setrlimit(resource.RLIMIT_AS, (max_memory_bytes, max_memory_bytes))
    os.nice(5)
    serve(getattr(importlib.import_module(module), name), sys.stdin.buffer, answers)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
