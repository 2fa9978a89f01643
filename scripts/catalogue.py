"""The pages of the catalogue, written from the connectors: counts, and every operation, trigger and endpoint."""

import json
import re
from collections.abc import Iterator, Sequence
from html import escape

from trunkline.connect.declaration import Operation, Trigger
from trunkline.connect.endpoints import CALL, Endpoint
from trunkline.connect.entries import Entries, repeat, ways
from trunkline.connect.outline import outline
from trunkline.connect.registry import Registry
from trunkline.model.json import JSON, as_list, as_object

FOLDER = "docs/catalogue"
MOST_SAMPLE = 2_500
"""Characters of a sample that a page shows; the rest is in the connector's folder."""

MARK = "<!-- Written by scripts/generated.py from the connectors. -->"

HEAD = f"""# Catalogue

{MARK}

What can be called and listened to, as it is in this version. `trunkline catalogue` tells the same, for the connectors of your own too;
`trunkline catalogue ghl invoice` finds what has these words, and `--json` gives the schemas.

**Operations** are curated: each is described, has a sample, and the conformance suite calls it with that sample on the simulated
vendor in every run of the tests. What has no sample or no such test is not counted. **Endpoints** are those of the vendor's official
description; each of them can be called as it is (`ghl.call GET /contacts/{{contactId}}`) with the same checks, budgets and retries, but
without the care for its oddities that an operation takes. **Triggers** start flows, by webhook, by poll, or by both, which then tell each
change once.

| connector | operations | endpoints | triggers | of them by webhook | by poll |
|---|---|---|---|---|---|
"""

HELD = """
## What they are held against

GoHighLevel, RingCentral and OpenPhone (its `/v1`) publish descriptions that a program can read. Every endpoint and every curated operation
here is held against them: method, path, version, names, what is needed, what may be chosen; and so is every request and every answer
that passes the simulated vendors in the tests. Where a vendor is known to differ from its own description, `deviations.toml` in the
connector's folder says so, with the reason. `make conformance` runs this and ends with the counts.

For the rest there is no such proof. Of OpenPhone's dated endpoints no official document was at hand: they are held against a
description written here from the vendor's pages. Slack's last description is of 2021 and not kept up; 17hats publishes none. `csv`,
`email`, `http`, `schedule` and `webhook` follow standards and have no vendor. Their operations and triggers pass the same suite, against
simulated vendors built from what those pages and standards say. No live account was at hand for any of them.
"""

CONNECTOR_HEAD = """# {name}

{mark}

{about}.

{counts}
"""

NOTES = """
A name with `*` is needed. *A repeat* says what happens when a write is sent again after its answer was lost: `safe` (the same again),
`key` (the vendor drops the repeat), `look first` (it is looked for), `never` (a person decides).
"""


def catalogue_pages() -> dict[str, str]:
    """Every page by its path."""
    every = [Entries(one) for one in sorted(Registry.discover(), key=lambda one: one.name.lower())]
    pages = {f"{FOLDER}/index.md": _index(every)}
    for entries in every:
        pages.update({f"{FOLDER}/{path}": text for path, text in _pages_of(entries)})
    return pages


def catalogue_navigation() -> list[str]:
    """The pages as lines of the table of contents in mkdocs.yml."""
    lines = ["  - Catalogue:", "      - catalogue/index.md"]
    for entries in (Entries(one) for one in sorted(Registry.discover(), key=lambda one: one.name.lower())):
        id = entries.connector.id
        lines += [f"      - {entries.connector.name}:", f"          - catalogue/{id}/index.md"]
        lines += [f"          - {_quoted(category)}: catalogue/{id}/{_slug(category)}.md" for category in _categories(entries)]
        lines += [f"          - Endpoints: catalogue/{id}/endpoints.md"] if entries.counts.endpoints else []
    return lines


def _quoted(text: str) -> str:
    return text if re.fullmatch(r"[\w ]+", text) else json.dumps(text)


def _slug(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")


# ── pages ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def _index(every: Sequence[Entries]) -> str:
    rows: list[tuple[object, ...]] = []
    for entries in every:
        counts = entries.counts
        link = f"[{entries.connector.name}]({entries.connector.id}/index.md)"
        rows.append((link, counts.curated, counts.endpoints, counts.triggers, counts.by_webhook, counts.by_poll))
    sums = [sum(int(str(row[column])) for row in rows) for column in range(1, 6)]
    return HEAD + _rows([*rows, ("**all**", *(f"**{number}**" for number in sums))]) + HELD


def _pages_of(entries: Entries) -> Iterator[tuple[str, str]]:
    id = entries.connector.id
    yield f"{id}/index.md", _overview(entries)
    for category in _categories(entries):
        yield f"{id}/{_slug(category)}.md", _category_page(entries, category)
    if entries.counts.endpoints:
        yield f"{id}/endpoints.md", _endpoints_page(entries)


def _categories(entries: Entries) -> list[str]:
    connector = entries.connector
    return list(dict.fromkeys(one.category for one in (*connector.operations, *connector.triggers)))


def _overview(entries: Entries) -> str:
    connector, counts = entries.connector, entries.counts
    told = f"**{counts.curated}** curated operations · **{counts.endpoints}** endpoints · **{counts.triggers}** triggers"
    if counts.uncurated:
        told += f" · {counts.uncurated} operations without a sample, not counted"
    parts = [CONNECTOR_HEAD.format(name=connector.name, mark=MARK, about=connector.about.rstrip("."), counts=told)]
    parts += [_needs(entries)]
    for category in _categories(entries):
        parts.append(f"\n## [{category}]({_slug(category)}.md)\n\n")
        parts.append(_operations_table(entries, category))
        parts.append(_triggers_table(entries, category))
    if counts.endpoints:
        parts.append("\n## [Endpoints](endpoints.md)\n\n")
        parts.append(f"{counts.endpoints} official endpoints, each callable as `{connector.id}.call METHOD /path`.\n")
    return "".join(parts)


def _needs(entries: Entries) -> str:
    connector = entries.connector
    options, required = as_object(connector.options.get("properties")), as_list(connector.options.get("required"))
    rows = [(f"`{one.name}`", "`--secret`", _yes(one.required), one.title) for one in connector.secrets]
    rows += [
        (f"`{name}`", "`--option`", _yes(name in required), str(as_object(schema).get("description", "")))
        for name, schema in options.items()
    ]
    return f"\n## What a connection needs\n\n| name | given by | needed | what it is |\n|---|---|---|---|\n{_rows(rows)}" if rows else ""


def _operations_table(entries: Entries, category: str) -> str:
    found = [one for one in entries.connector.operations if one.category == category]
    rows = [(_link(entries, one), one.title, one.kind, repeat(one) or "") for one in found]
    return f"| operation | | kind | a repeat |\n|---|---|---|---|\n{_rows(rows)}\n" if rows else ""


def _triggers_table(entries: Entries, category: str) -> str:
    found = [one for one in entries.connector.triggers if one.category == category]
    rows = [(_link(entries, one), one.title, " and ".join(ways(one))) for one in found]
    return f"| trigger | | arrives by |\n|---|---|---|\n{_rows(rows)}\n" if rows else ""


def _link(entries: Entries, one: Operation | Trigger) -> str:
    name = entries.name(one)
    return f"[`{name}`]({_slug(one.category)}.md#{_anchor(name)})"


def _anchor(name: str) -> str:
    """Of a heading: dots would be lost in one made by mkdocs, so it is given."""
    return name.replace(".", "-")


def _category_page(entries: Entries, category: str) -> str:
    connector = entries.connector
    operations = [one for one in connector.operations if one.category == category]
    triggers = [one for one in connector.triggers if one.category == category]
    parts = [f"# {connector.name}: {category}\n\n{MARK}\n", NOTES]
    parts += ["\n## Operations\n", *(_operation(entries, one) for one in operations)] if operations else []
    parts += ["\n## Triggers\n", *(_trigger(entries, one) for one in triggers)] if triggers else []
    return "".join(parts)


def _endpoints_page(entries: Entries) -> str:
    connector, found = entries.connector, sorted(entries.endpoints(), key=lambda one: (one.area.lower(), one.path, one.method))
    parts = [f"# {connector.name}: endpoints\n\n{MARK}\n\n"]
    parts.append(
        f"The {len(found)} endpoints of the official description. Each can be called by its method and path, "
        f"`{connector.id}.{CALL}{found[0].key}`; where an operation stands on one, it is the better choice.\n"
    )
    area = ""
    for one in found:
        if one.area != area:
            area = one.area
            parts.append(f"\n## {area or 'Without an area'}\n\n| endpoint | kind | scopes | operations |\n|---|---|---|---|\n")
        parts.append(_rows([_endpoint_row(entries, one)]))
    return "".join(parts)


def _endpoint_row(entries: Entries, one: Endpoint) -> tuple[str, str, str, str]:
    by_name = {entries.name(operation): operation for operation in entries.connector.operations}
    links = ", ".join(_link(entries, by_name[name]) for name in entries.curated_by_endpoint.get(one.key, ()))
    gone = " (deprecated)" if one.deprecated else ""
    return f"`{one.key}`{gone}", one.kind, ", ".join(f"`{scope}`" for scope in one.permissions), links


# ── one entry ────────────────────────────────────────────────────────────────────────────────────────────────────────


def _operation(entries: Entries, one: Operation) -> str:
    name, sample = entries.name(one), entries.sample(one.sample)
    facts = [
        ("kind", one.kind),
        ("a repeat", repeat(one)),
        ("endpoint", one.endpoint and f"`{one.endpoint}`"),
        ("scopes", ", ".join(f"`{scope}`" for scope in entries.scopes(one))),
        ("list", one.items is not None and f"at `{one.items or '$'}`{', in pages' if one.next_page else ''}"),
        ("record", one.record and f"at `{one.record}`"),
        ("id", one.id_field and f"`{one.id_field}`"),
        ("news", one.updated_field and f"`{one.updated_field}`"),
        ("deprecated", one.deprecated and "the vendor will take it away"),
        ("curated", "input" not in sample and "no: it has no sample"),
    ]
    folds = [_fold("Input", outline(one.input)), _fold("Output", outline(one.output))]
    folds += [_fold("Sample", _shown(sample))] if sample else []
    return _entry(name, one.title, one.about, facts, folds)


def _trigger(entries: Entries, one: Trigger) -> str:
    name, sample = entries.name(one), entries.sample(one.sample)
    reads = entries.reads(one)
    facts = [
        ("arrives by", " and ".join(ways(one))),
        ("events", ", ".join(f"`{kind}`" for kind in one.kinds)),
        ("reads", reads and f"`{reads}`"),
        ("polled", one.poll and f"every {_length(one.poll.every_s)} unless the flow says"),
        ("scopes", ", ".join(f"`{scope}`" for scope in one.scopes)),
    ]
    folds = [_fold("Input", outline(one.input or {})), _fold("Seen as `trigger`", outline(one.output))]
    folds += [_fold("Sample", _shown(sample["payload"]))] if "payload" in sample else []
    return _entry(name, one.title, one.about, facts, folds)


def _entry(name: str, title: str, about: str, facts: Sequence[tuple[str, object]], folds: Sequence[str]) -> str:
    told = " · ".join(f"{word}: {value}" for word, value in facts if value)
    said = f"\n{about.rstrip('.')}.\n" if about else ""
    folded = "\n".join(fold for fold in folds if fold)
    return f"\n### {title} {{#{_anchor(name)}}}\n\n`{name}`\n{said}\n{told}\n\n{folded}\n"


def _fold(title: str, text: str) -> str:
    """A part that is shown when it is asked for; plain HTML, so no blank line may stand in it."""
    if not text:
        return ""
    lines = "\n".join(line for line in escape(text, quote=False).splitlines() if line.strip())
    heading = re.sub(r"`(\w+)`", r"<code>\1</code>", escape(title, quote=False))
    return f"<details><summary>{heading}</summary><pre>{lines}</pre></details>"


def _shown(sample: JSON) -> str:
    text = json.dumps(sample, indent=1, ensure_ascii=False)
    return text if len(text) <= MOST_SAMPLE else text[:MOST_SAMPLE].rsplit("\n", 1)[0] + "\n…"


def _length(seconds: float) -> str:
    return f"{seconds / 60:g} minutes" if seconds >= 120 else f"{seconds:g} seconds"


def _yes(value: bool) -> str:
    return "yes" if value else "no"


def _rows(rows: Sequence[Sequence[object]]) -> str:
    return "".join(f"| {' | '.join(str(cell).replace('|', chr(92) + '|') for cell in row)} |\n" for row in rows)
