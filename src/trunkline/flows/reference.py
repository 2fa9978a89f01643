"""The table of filters for the reference page, from their declarations."""

import orjson

from trunkline.flows.filters import FILTERS
from trunkline.flows.filters.declaring import Filter

SUBJECTS = {
    "phones": "Phone numbers",
    "text": "Text",
    "dates": "Dates and times",
    "numbers": "Numbers and truth",
    "lists": "Lists and objects",
    "data": "JSON, encodings, hashes",
}


def filter_tables() -> str:
    """One Markdown table per subject."""
    return "\n".join(
        f"### {title}\n\n| filter | what it gives | example | result |\n|---|---|---|---|\n{_rows(subject)}\n"
        for subject, title in SUBJECTS.items()
    )


def _rows(subject: str) -> str:
    found = sorted((known for known in FILTERS.values() if known.function.__module__.endswith(f".{subject}")), key=lambda known: known.name)
    return "\n".join(
        f"| `{_usage(known)}` | {' '.join(known.about.split())} | {_code(known.example)} | {_code(_json(known))} |" for known in found
    )


def _usage(known: Filter) -> str:
    parameters = list(known.signature.parameters.values())[1:]
    shown = [
        f"{p.name}…" if p.kind is p.VAR_POSITIONAL else p.name if p.default is p.empty else f"{p.name}={p.default!r}" for p in parameters
    ]
    return f"{known.name}({', '.join(shown)})" if shown else known.name


def _json(known: Filter) -> str:
    return orjson.dumps(known.result).decode()


def _code(text: str) -> str:
    escaped = text.replace("\n", "\\n").replace("|", "\\|")
    return f"`{escaped}`"
