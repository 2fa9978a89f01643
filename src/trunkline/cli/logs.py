"""The log: to the standard error, in lines for a person on a terminal and in JSON lines otherwise."""

import logging
import sys
from enum import StrEnum

import structlog
from structlog.typing import Processor

from trunkline.cli.masking import mask_log_line


class LogLevel(StrEnum):
    """How much is told."""

    debug = "debug"
    info = "info"
    warning = "warning"
    error = "error"


def configure(level: LogLevel) -> None:
    """Send our log and that of the libraries through the same mask to the standard error."""
    first: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    structlog.configure(
        processors=[*first, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.make_filtering_bound_logger(_number(level)),
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(structlog.stdlib.ProcessorFormatter(foreign_pre_chain=first, processors=_last()))
    logging.basicConfig(level=max(_number(level), logging.INFO), handlers=[handler], force=True)
    for library in ("alembic", "asyncio", "uvicorn"):
        logging.getLogger(library).setLevel(logging.WARNING)


def _last() -> list[Processor]:
    """Tracebacks become text before the mask, so that what they quote is masked too."""
    drop = structlog.stdlib.ProcessorFormatter.remove_processors_meta
    if sys.stderr.isatty():
        return [drop, structlog.processors.format_exc_info, mask_log_line, structlog.dev.ConsoleRenderer(pad_event_to=40)]
    return [drop, structlog.processors.format_exc_info, mask_log_line, structlog.processors.JSONRenderer(ensure_ascii=False)]


def _number(level: LogLevel) -> int:
    return int(getattr(logging, level.value.upper()))
