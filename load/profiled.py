"""`parley run` as a module, so that `python -m cProfile -m load.profiled` can run it."""

from __future__ import annotations

import sys

from server.cli import main

if __name__ == "__main__":
    sys.argv = ["parley", "run"]
    main()
