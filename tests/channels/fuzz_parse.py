"""Coverage-guided fuzzing of the parser: `python -m tests.channels.fuzz_parse SECONDS FOLDER [option…]`.

Begins with the golden corpus; FOLDER takes what it finds. Ends with an error on an exception, a text that
cannot be stored, a mail that takes seconds, or memory above the bound.
"""

from __future__ import annotations

import shutil
import sys
import time
from pathlib import Path

import atheris  # type: ignore[import-untyped]

with atheris.instrument_imports(include=["connectors.mail", "server.domain"]):
    from connectors.mail.parse import parse
    from connectors.mail.quote import split
    from connectors.mail.show import shown_html
    from tests.laws.stored import unstorable

CORPUS = Path(__file__).parent / "corpus"
MAX_BYTES = 20_000
MAX_SECONDS = 2.0
MEGABYTES = 64


def one_mail(raw: bytes) -> None:
    """Read and show a mail, and look at what came out."""
    began = time.thread_time()
    message = parse(raw)
    shown = shown_html(message, {}) or ""
    assert time.thread_time() - began < MAX_SECONDS, "too slow"
    assert not unstorable(message), "text that cannot be stored"
    assert not unstorable(shown), "HTML that cannot be stored"
    assert "".join(segment.text for segment in split(message.text)) == message.text, "a text was cut"


def resident_megabytes() -> int:
    """What this process holds now."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * 4096 // 1_000_000


def main(seconds: int, folder: Path, *options: str) -> None:
    """Fuzz for so long; libFuzzer leaves the process by itself."""
    folder.mkdir(parents=True, exist_ok=True)
    for mail in CORPUS.glob("*.eml"):
        shutil.copy(mail, folder / mail.stem)
    for mail in CORPUS.glob("*.eml"):  # what is loaded once is no growth
        one_mail(mail.read_bytes())
    most = resident_megabytes() + MEGABYTES + 2 * MAX_BYTES // 1_000_000
    given = [
        sys.argv[0], str(folder), f"-max_total_time={seconds}", f"-max_len={MAX_BYTES}", "-timeout=200",
        f"-rss_limit_mb={most + 400}", f"-artifact_prefix={folder}/found-", *options,
    ]  # fmt: skip

    def watched(raw: bytes) -> None:
        one_mail(raw)
        watched.count += 1  # type: ignore[attr-defined]
        if watched.count % 500 == 0:  # type: ignore[attr-defined]
            assert resident_megabytes() < most + 100, f"more than {most + 100} MB"  # libFuzzer's own corpus

    watched.count = 0  # type: ignore[attr-defined]
    atheris.Setup(given, watched)
    atheris.Fuzz()


if __name__ == "__main__":
    main(int(sys.argv[1]), Path(sys.argv[2]), *sys.argv[3:])
