"""Connectors of people's own, their differences and vendors' notices: as JSON, and as a person reads them."""

from collections.abc import Sequence

from rich.console import Group, RenderableType
from rich.text import Text

from trunkline.admin.connectors import Compared, Made, Noticed
from trunkline.cli.output import clean, facts, heading, iso_or_null, table
from trunkline.connect.declaration import Connector
from trunkline.connect.endpoints import CALL, Endpoint
from trunkline.connect.openapi.comparing import Changed
from trunkline.connect.openapi.importing import Imported
from trunkline.model.clock import Instant, iso
from trunkline.model.json import JSON, JSONObject

_MOST_NOTES = 20
_MOST_CHANGES = 10

# ── as JSON ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def made_json(made: Made) -> JSONObject:
    manifest = made.manifest
    return {
        "name": made.name,
        "title": manifest.title,
        "base_url": manifest.base_url,
        "auth": {"kind": manifest.auth.kind, "name": manifest.auth.name},
        "headers": dict(manifest.headers),
        "hosts": list(manifest.hosts),
        "check": manifest.check,
        "endpoints": made.endpoints,
        "connections": list(made.connections),
        "elsewhere": dict(made.elsewhere),
    }


def endpoint_json(connector: Connector, endpoint: Endpoint) -> JSONObject:
    return {
        "call": f"{connector.id}.{CALL}{endpoint.key}",
        "area": endpoint.area,
        "id": endpoint.operation_id,
        "kind": endpoint.kind,
        "deprecated": endpoint.deprecated,
        "scopes": list(endpoint.scopes),
    }


def difference_json(found: Compared) -> JSONObject:
    return {
        "connector": found.connector,
        "server": found.difference.server,
        "added": list(found.difference.added),
        "removed": list(found.difference.removed),
        "changed": [
            {
                "endpoint": one.key,
                "breaking": one.breaking,
                "changes": [{"field": change.field, "said": change.said, "breaking": change.breaking} for change in one.changes],
            }
            for one in found.difference.changed
        ],
        "flows": {name: list(calls) for name, calls in found.flows.items()},
        "unclear": list(found.unclear),
    }


def notice_json(one: Noticed) -> JSONObject:
    notice = one.notice
    return {
        "connector": notice.connector,
        "operation": notice.operation,
        "deprecated_at": iso_or_null(notice.deprecated_at),
        "sunset_at": iso_or_null(notice.sunset_at),
        "link": notice.link,
        "first_seen": iso_or_null(notice.first_seen),
        "last_seen": iso_or_null(notice.last_seen),
        "answers": notice.answers,
        "flows": list(one.flows),
    }


# ── for a person ─────────────────────────────────────────────────────────────────────────────────────────────────────


def made_page(made: Made) -> RenderableType:
    manifest = made.manifest
    auth = f"{manifest.auth.kind} {manifest.auth.name}".strip()
    return facts(
        [
            ("connector", made.name),
            ("title", manifest.title),
            ("server", manifest.base_url),
            ("also at", ", ".join(manifest.hosts)),
            ("proof of who calls", auth),
            *((f"header {name}", value) for name, value in manifest.headers.items()),
            ("tested with", manifest.check or "nothing: the document has no read that needs no input"),
            ("endpoints", made.endpoints),
            ("connections", ", ".join(made.connections)),
            *(("", f"{count} at {host} get no credential; allow it with --host {host}") for host, count in made.elsewhere.items()),
        ]
    )


def endpoints_page(connector: Connector, made: Made | None, rows: Sequence[JSONObject]) -> RenderableType:
    """A connector and its endpoints."""
    about = made_page(made) if made else facts([("connector", connector.id), ("name", connector.name), ("server", connector.base_url)])
    listed = table(
        ("call", "area", "id"),
        ((f"{row['call']}{'  (deprecated)' if row['deprecated'] else ''}", row["area"], row["id"]) for row in rows),
        empty="None.",
    )
    return Group(about, heading(f"Endpoints ({len(rows)})"), listed)


def difference_page(found: Compared) -> RenderableType:
    difference = found.difference
    if not (difference.added or difference.removed or difference.changed or difference.server):
        return Text("Nothing is different.")
    parts: list[RenderableType] = [Text(f"The server is {clean(difference.server)} now.")] if difference.server else []
    for name, keys in (("Added", difference.added), ("Removed", difference.removed)):
        if keys:
            parts += [heading(f"{name} ({len(keys)})"), *(Text(f"  {clean(key)}") for key in keys)]
    if difference.changed:
        breaking = sum(one.breaking for one in difference.changed)
        parts += [heading(f"Changed ({len(difference.changed)}, {breaking} can break a caller)"), *map(_changed, difference.changed)]
    parts.append(heading("Published flows that call these"))
    parts.append(table(("flow", "calls"), ((name, "\n".join(calls)) for name, calls in found.flows.items()), empty="None."))
    if found.unclear:
        listed = ", ".join(found.unclear)
        parts.append(Text(f"\nThese call operations made of several calls, look at them yourself: {clean(listed)}", style="yellow"))
    if len(difference.removed) > len(difference.changed) + len(difference.added):
        parts.append(Text("\nIf the documents describe only a part of it, say --part.", style="dim"))
    return Group(*parts)


def _changed(one: Changed) -> RenderableType:
    shown = sorted(one.changes, key=lambda change: not change.breaking)[:_MOST_CHANGES]
    lines = [Text(f"  {clean(one.key)}")]
    for change in shown:
        mark, style = ("!", "red") if change.breaking else (" ", "")
        lines.append(Text(f"    {mark} {clean(f'{change.field} {change.said}'.strip())}", style=style))
    if len(one.changes) > len(shown):
        lines.append(Text(f"      … {len(one.changes) - len(shown)} more; see them with --json", style="dim"))
    return Group(*lines)


def day(instant: Instant | None) -> str:
    return "-" if instant is None else iso(instant)[:10]


def imported_json(imported: Imported) -> JSONObject:
    notes: list[JSON] = [{"place": note.place, "said": note.said} for note in imported.notes]
    return {
        "endpoints": len(imported.facts.endpoints),
        "schemas": len(imported.facts.schemas),
        "server": imported.facts.server,
        "repeated": imported.repeated,
        "notes": notes,
    }


def imported_page(imported: Imported) -> list[RenderableType]:
    found = facts(
        [
            ("endpoints", len(imported.facts.endpoints)),
            ("shared schemas", len(imported.facts.schemas)),
            ("server", imported.facts.server or "none is named"),
            ("described again", imported.repeated or None),
        ]
    )
    return [found, *worked_around(imported)]


def worked_around(imported: Imported) -> list[RenderableType]:
    if not imported.notes:
        return []
    rows = [(note.said, note.place) for note in imported.notes[:_MOST_NOTES]]
    more = len(imported.notes) - len(rows)
    last = [Text(f"… {more} more; see them with --json", style="dim")] if more > 0 else []
    return [heading("Worked around"), table(("what", "where"), rows, empty=""), *last]
