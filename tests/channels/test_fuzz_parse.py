"""The parser under atheris: the same few thousand mails here, ten minutes of new ones in a soak."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.laws.budget import SOAK

SECONDS = 600
SAME = () if SOAK else ("-seed=7", "-runs=5000")
ROOT = Path(__file__).parents[2]

pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("atheris") is None, reason="atheris has no wheel for this Python"
)


@pytest.mark.timeout(SECONDS + 400)
def test_no_bytes_break_the_parser(tmp_path: Path) -> None:
    fuzz = [sys.executable, "-m", "tests.channels.fuzz_parse", str(SECONDS), str(tmp_path / "found"), *SAME]
    # Linux counts the memory of whoever starts a process as its own peak: a shell between has little.
    command = ["sh", "-c", '"$@"; exit $?', "fuzz", *fuzz]
    done = subprocess.run(
        command,
        cwd=ROOT,
        env=os.environ | {"PYTHONHASHSEED": "0"},
        capture_output=True,
        text=True,
        timeout=SECONDS + 300,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-4000:]
    assert "Done " in done.stderr
