"""`make capacity`: how many messages a second a desk takes while nearly all are seen soon.

    python -m load.capacity [URL] [--bound-ms 100]

Without an address it starts a Parley of its own on a fresh folder. The exit code is 0 when a capacity was
found, 1 when none was or a message was lost, 2 when the search could not begin.
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

import uvloop

from load.access import ADMIN, Unreachable
from load.capacity.account import report_of, summary
from load.capacity.ground import desk, settled
from load.capacity.hunt import Asked, Found, Hunt
from load.capacity.screen import Screen
from load.child import NotReady
from load.machine import describe
from load.report.page import save

REPORT = "data/reports/capacity.html"


def main(words: list[str]) -> int:
    """Measure, print, save; returns the exit code."""
    options = _options(words)
    asked = Asked(options.bound_ms, options.start, options.most, options.seconds, options.speakers)
    url = options.url if "://" in options.url or not options.url else f"http://{options.url}"
    screen, machine = Screen(asked.bound_ms), describe()
    try:
        with desk(url, options.token, options.email, options.password, screen.say) as (found, pid, fresh):

            async def hunt() -> tuple[Found, list[str]]:
                async with settled(found, pid, options.rooms, screen.say, fresh=fresh) as ground:
                    with screen:
                        return await Hunt(ground, asked, screen).run(), ground.notes

            came, notes = uvloop.run(hunt())
            account = report_of(
                came, asked, notes, "a fresh Parley of its own" if fresh else found.url, machine
            )
    except (Unreachable, NotReady) as why:
        print(f"capacity: {why}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130
    summary(screen.console, came, asked, notes)
    if options.report:
        screen.console.print(f"report: {save(account, Path(options.report))}", soft_wrap=True)
    return 0 if came.rate and not any(result.faults and not result.hopeless for result in came.results) else 1


def _options(words: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m load.capacity",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("url", nargs="?", default="", help="a desk's address; without one, a fresh desk is started here")
    add("--bound-ms", type=float, default=100.0, help="what p99 of send → seen must stay under (100)")
    add("--rooms", type=int, default=200, help="rooms of two, a visitor and an agent (200)")
    add("--seconds", type=float, default=5.0, help="of a trial; a confirmation is twice as long (5)")
    add("--start", type=float, default=200.0, help="the first rate, in messages a second (200)")
    add("--most", type=float, default=50_000.0, help="where to stop looking further (50000)")
    add("--speakers", choices=("both", "agents"), default="both", help="who writes (both)")
    add("--token", default=os.environ.get("PARLEY_LOAD_TOKEN", ""), help="an agent's API token")
    add("--email", default=os.environ.get("PARLEY_ADMIN_EMAIL", ADMIN), help="or whom to sign in")
    add("--password", default=os.environ.get("PARLEY_ADMIN_PASSWORD", ""), help="and how")
    add("--report", default=REPORT, help=f"where the report goes ({REPORT}); empty for none")
    return parser.parse_args(words)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
