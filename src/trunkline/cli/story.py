"""A run told to a person: one sentence first, then what came in, what was decided, what was sent and answered."""

from rich.console import Group, RenderableType
from rich.text import Text

from trunkline.admin.runs import RunPage
from trunkline.cli.output import clean, facts, heading, table, value, when
from trunkline.model.clock import SECOND, Instant
from trunkline.model.event import Event, Run
from trunkline.model.json import JSON, JSONObject, as_list, as_object, dumps

_NAMES = ("name", "title", "email", "phone")
_COLOURS = {"done": "green", "filtered": "green", "failed": "red", "unknown": "red"}


def sentence(page: RunPage, *, title: str) -> str:
    """`Contact created: Ann Lee → openphone.contacts.upsert done in 0.04 s`; `title` is the trigger's."""
    who = "" if page.event is None else _who(page.event)
    came = f"{title}: {who}" if who else title
    operations = list(dict.fromkeys(recorded.effect.operation for recorded in page.effects))
    sent = f"{', '.join(operations)} " if operations else ""
    return f"{came} → {sent}{_ended(page.run)}"


def _ended(run: Run) -> str:
    reason = f": {run.reason}" if run.reason else ""
    match run.state:
        case "done":
            return f"done in {_seconds(run)}"
        case "filtered":
            return f"nothing to do{reason}"
        case "failed":
            return f"failed after {_seconds(run)}{reason}"
        case "unknown":
            return f"outcome unknown{reason}"
        case _:
            return f"{run.state}{reason}"


def _seconds(run: Run) -> str:
    ended = run.started_at if run.finished_at is None else run.finished_at
    return f"{(ended - run.started_at) / SECOND:.2f} s"


def _who(event: Event) -> str:
    """What a person would call the record: a name, an e-mail, a phone number, else its key."""
    for place in (event.payload, as_object(event.payload.get("contact")), as_object(event.payload.get("body"))):
        full = " ".join(str(place[part]) for part in ("first_name", "last_name") if place.get(part)) or " ".join(
            str(place[part]) for part in ("firstName", "lastName") if place.get(part)
        )
        found = full or next((place[name] for name in _NAMES if isinstance(place.get(name), str) and place[name]), "")
        if found:
            return str(found)
    return event.record_key


def told(page: RunPage, *, title: str) -> RenderableType:
    """The whole page."""
    run = page.run
    parts: list[RenderableType] = [
        Text(clean(sentence(page, title=title)), style=f"bold {_COLOURS.get(run.state, '')}".strip()),
        facts(
            [
                ("run", run.id),
                ("flow", f"{page.flow}, version {run.version}"),
                ("state", run.state),
                ("code", run.code),
                ("attempts", run.attempts if run.attempts > 1 else ""),
                ("received", when(run.received_at)),
                ("started", when(run.started_at)),
                ("ended", "" if run.finished_at is None else when(run.finished_at)),
            ]
        ),
        heading("What came in"),
        Text("The event is no longer kept.") if page.event is None else _event(page.event),
        heading("What was decided"),
        table(("step", "kind", "what"), (_decision(as_object(line)) for line in as_list(page.trace)), empty="Nothing is told yet."),
        heading("What was sent and answered"),
        _effects(page),
    ]
    step = _next_step(run)
    return Group(*parts, Text(f"\n{step}", style="bold")) if step else Group(*parts)


def _event(event: Event) -> RenderableType:
    return Group(
        facts([("event", event.id), ("trigger", event.trigger_name), ("by", event.source), ("record", event.record_key)]),
        value(event.payload),
    )


def _decision(line: JSONObject) -> tuple[str, str, str]:
    step, kind = str(line.get("step", "")), str(line.get("kind", ""))
    rest: JSONObject = {name: fact for name, fact in line.items() if name not in ("step", "kind")}
    match kind:
        case "filter":
            return step, kind, "held" if rest.get("passed") else "did not hold: the run ends here"
        case "if":
            return step, kind, "held: then" if rest.get("held") else "did not hold: else"
        case "delay":
            until = rest.get("until")
            return step, kind, f"waits until {when(Instant(until))}" if isinstance(until, int) else ""
        case "call":
            failed = f", {rest.get('code')}: {rest.get('reason')}" if rest.get("code") else ""
            return step, kind, f"{rest.get('operation')} in {rest.get('ms')} ms{failed}"
        case "bug":
            return step, kind, str(rest.get("traceback", ""))
        case _:
            return step, kind, ", ".join(f"{name}: {_short(fact)}" for name, fact in rest.items())


def _short(fact: JSON) -> str:
    text = fact if isinstance(fact, str) else dumps(fact).decode()
    return text if len(text) <= 200 else f"{text[:200]}…"


def _effects(page: RunPage) -> RenderableType:
    if not page.effects:
        return Text("Nothing was written.")
    parts: list[RenderableType] = []
    for recorded in page.effects:
        effect = recorded.effect
        parts.append(
            facts(
                [
                    ("step", effect.path),
                    ("operation", effect.operation),
                    ("state", effect.state),
                    ("attempts", effect.attempts if effect.attempts > 1 else ""),
                    ("code", effect.code),
                    ("reason", effect.reason),
                ]
            )
        )
        parts += [Text("sent", style="dim"), value(recorded.request), Text("answered", style="dim")]
        parts.append(Text("-") if recorded.answer is None else value(recorded.answer))
    return Group(*parts)


def _next_step(run: Run) -> str:
    match run.state:
        case "failed" | "cancelled":
            return f"After a fix, repeat it: trunkline runs replay {run.id}"
        case "unknown":
            return f"Look at the vendor, then tell: trunkline runs resolve {run.id} --landed, or --repeat to send it again"
        case "parked":
            return f"It goes on by itself. To end it: trunkline runs cancel {run.id}"
        case _:
            return ""
