"""Text to document, with every problem of its shape."""

from dataclasses import dataclass, field

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from trunkline.flows.document import STEP_KINDS, STEP_PARTS, FlowPart, LookupWords, PollBounds, StopWords, TriggerPart, kind_of
from trunkline.flows.problems import FlowDocumentError, Problem, nearest
from trunkline.flows.reading import Path, Places, read
from trunkline.model.json import JSON, JSONObject, as_list, at_path

_STEP_LISTS = ("steps", "then", "else", "do")


@dataclass(frozen=True, slots=True)
class Document:
    """A flow as written. Two are equal when they say the same, wherever it stands in the text."""

    flow: FlowPart
    places: Places = field(default_factory=Places, compare=False, repr=False)
    source: str = field(default="flow.yaml", compare=False)


def parse(text: str, *, source: str = "flow.yaml") -> Document:
    """Read YAML or JSON; `FlowDocumentError` lists every problem of its shape with line and column."""
    data, places = read(text, source=source)
    if not isinstance(data, dict):
        problem = Problem(level="error", message="A flow is an object with `flow`, `trigger` and `steps`", hint="", place=places.of(()))
        raise FlowDocumentError([problem], source=source)
    try:
        return Document(FlowPart.model_validate(data), places, source)
    except ValidationError as exc:
        found = [_Finding(error, _path(error, data)) for error in exc.errors(include_url=False, include_input=False)]
        raise FlowDocumentError(sorted((_problem(one, data, places) for one in _telling(found)), key=_position), source=source) from exc


@dataclass(frozen=True, slots=True)
class _Finding:
    error: ErrorDetails
    path: Path


def _position(problem: Problem) -> tuple[int, int]:
    return problem.place.line, problem.place.column


def _path(error: ErrorDetails, root: JSON) -> Path:
    """The path in the document: pydantic's location without the names of union members, which are no keys of it."""
    path: list[str | int] = []
    loc = error["loc"]
    here = root
    for index, part in enumerate(loc):
        if len(path) > 1 and isinstance(path[-1], int) and path[-2] in _STEP_LISTS and part in STEP_KINDS and loc[index - 1] == path[-1]:
            continue
        if _leads(here, part) or (error["type"] == "missing" and index == len(loc) - 1):
            path.append(part)
            here = here.get(str(part)) if isinstance(here, dict) else as_list(here)[part] if isinstance(part, int) else None
    return tuple(path)


def _leads(here: JSON, part: str | int) -> bool:
    return part in here if isinstance(here, dict) else isinstance(here, list) and isinstance(part, int) and part < len(here)


def _telling(found: list[_Finding]) -> list[_Finding]:
    """One finding per path, and none where a deeper one says more: a union complains once per member."""
    firsts = {one.path: one for one in reversed(found)}
    parents = {path[:length] for path in firsts for length in range(len(path))}
    return [
        one for path, one in firsts.items() if path not in parents or "union_tag" in one.error["type"] or one.error["type"] == "missing"
    ]


def _problem(finding: _Finding, data: JSONObject, places: Places) -> Problem:
    error, path = finding.error, finding.path
    message, hint = _words(error, path, data)
    place = places.of_key(path) if error["type"] == "extra_forbidden" else places.of(path)
    return Problem(level="error", message=message, hint=hint, place=place)


def _words(error: ErrorDetails, path: Path, data: JSONObject) -> tuple[str, str]:
    match error["type"]:
        case "missing":
            return f"`{error['loc'][-1]}` is missing", ""
        case "extra_forbidden":
            return f"`{path[-1]}` is not known here", nearest(str(path[-1]), _allowed(path[:-1], data))
        case "union_tag_not_found" | "union_tag_invalid":
            return "A step does exactly one thing", f"Give it one of {', '.join(f'`{kind}`' for kind in STEP_KINDS)}."
        case "string_pattern_mismatch" if path == ("flow",):
            return "A flow's name has lower-case letters, digits and single hyphens only", "For example: new-contact-to-phone."
        case "string_pattern_mismatch":
            return "A name starts with a letter and has letters, digits and underscores only", ""
        case _:
            return error["msg"].removeprefix("Value error, "), ""


def _allowed(path: Path, data: JSONObject) -> list[str]:
    """The fields of the part at `path`."""
    part: type[BaseModel] = FlowPart
    if path and isinstance(path[-1], int):
        kind = kind_of(at_path(data, ".".join(map(str, path))))
        part = STEP_PARTS[kind] if kind else FlowPart
    elif path[-2:] == ("trigger", "poll"):
        part = PollBounds
    elif path:
        part = {"trigger": TriggerPart, "lookup": LookupWords, "stop": StopWords}.get(str(path[-1]), FlowPart)
    return [info.alias or name for name, info in part.model_fields.items()]
