"""How logs leave the process: one structured line each on stdout, for people or for machines."""

from __future__ import annotations

import logging
import sys

import structlog

from server.settings import Settings

_QUIET = ("faust", "mode", "aiokafka", "uvicorn", "asyncio", "asyncpg", "mail.log", "aioimaplib", "httpx2")


def configure(settings: Settings) -> None:
    """Set the process's log level and form, once."""
    level = logging.getLevelNamesMapping()[settings.log_level.upper()]
    console = settings.log_format == "console" or (settings.log_format == "auto" and sys.stdout.isatty())
    renderer: structlog.typing.Processor = (
        structlog.dev.ConsoleRenderer() if console else structlog.processors.JSONRenderer()
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(sys.stdout),
        cache_logger_on_first_use=True,
    )
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s %(message)s", stream=sys.stdout)
    for name in _QUIET:
        logging.getLogger(name).setLevel(logging.ERROR)
