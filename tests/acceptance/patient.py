"""`parley` with a watchdog that waits so many seconds: told these, then the words of a command.

On a busy machine a stream is late, and a watchdog of one second does its work before it can: then a test
could not tell who rang. Nothing else is different.
"""

from __future__ import annotations

import sys

from server.cli import main
from server.streams import watchdog

if __name__ == "__main__":
    watchdog._GRACE_SECONDS = float(sys.argv.pop(1))
    main()
