"""Keeping a Faust app alive inside our own loop: start, watch, stop, and again with a fresh one.

Without Faust's worker a crashed service is only marked: nothing is raised, and what was started stays
half alive. So the app is looked at, and a new object takes the place of one that crashed or stalled.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import anyio
import structlog
from prometheus_client import Counter

from server.streams.app import StreamApp

_START_SECONDS = 60.0  # in a Kafka group it waits for others to come and go
_STOP_SECONDS = 1.5
# A Kafka client that is let go before it has stopped may come back and get partitions, for nobody to read.
_WHOLE_STOP_SECONDS = 60.0
_LOOK_SECONDS = 0.25
_AGAIN_SECONDS = 1.0

_restarts = Counter("parley_stream_restarts_total", "Streams begun anew after a crash.", ["stream"])

_logger = structlog.get_logger(__name__)


class Stream:
    """Runs the app that `build` makes; `prepare` is awaited before each start."""

    def __init__(
        self, name: str, build: Callable[[], StreamApp], prepare: Callable[[], Awaitable[None]]
    ) -> None:
        self._name = name
        self._build = build
        self._prepare = prepare
        self.app: StreamApp | None = None
        self.running = False

    async def run(self) -> None:
        """Run one app after the other until cancelled; raises only what `prepare` raises."""
        while True:
            await self._prepare()
            reason = await self._run_one(self._build())
            _restarts.labels(self._name).inc()
            _logger.error("stream_crashed", stream=self._name, reason=reason)
            await anyio.sleep(_AGAIN_SECONDS)

    async def _run_one(self, app: StreamApp) -> str:
        """Run an app until it is no longer sound, and say what is wrong with it."""
        self.app = app
        patience = _WHOLE_STOP_SECONDS
        app.finalize()
        try:
            with anyio.fail_after(_START_SECONDS):
                await app.start()
            self.running = True
            while (fault := app.fault()) is None:  # noqa: ASYNC110 (Faust tells nobody)
                await anyio.sleep(_LOOK_SECONDS)
            return fault
        except Exception as error:  # noqa: BLE001 (whatever Faust raises: it has not started)
            return repr(error)
        except BaseException:
            patience = _STOP_SECONDS
            raise
        finally:
            self.running = False
            await self._stop(app, patience)

    async def _stop(self, app: StreamApp, patience: float) -> None:
        """Stop within bounds, also while being cancelled: what is left over dies with the loop."""
        with anyio.CancelScope(shield=True), anyio.move_on_after(patience) as limit:
            try:
                await app.stop()
            except Exception as error:  # noqa: BLE001 (it is being thrown away)
                _logger.warning("stream_stop_failed", stream=self._name, error=repr(error))
        if limit.cancelled_caught:
            _logger.warning("stream_stop_slow", stream=self._name)
