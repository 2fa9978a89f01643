"""Does a request or an answer fit what is known of its endpoint? Validators are compiled at the first look."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import HTTP
from functools import cached_property
from typing import Final, Literal, cast
from urllib.parse import parse_qsl

from jsonschema_rs import Draft202012Validator, ValidationError, ValidationErrorKind

from trunkline.connect.endpoints import Endpoint, Parameter
from trunkline.model.json import JSON, as_list, as_object, loads
from trunkline.model.schema import Schema
from trunkline.testing.deviations import NONE, Deviation, with_fields

Place = Literal["path", "query", "header", "body"]

_INTEGER: Final = re.compile(r"-?\d{1,18}")
_NUMBER: Final = re.compile(r"-?\d+(\.\d+)?([eE][-+]?\d+)?")
_FORMS: Final = ("application/x-www-form-urlencoded", "multipart/form-data")
_MOST: Final = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One thing in a request that its endpoint does not take; `field` is dotted, and empty where the whole place is meant."""

    place: Place
    field: str
    kind: Literal["unknown", "missing", "wrong"]
    reason: str
    value: JSON = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A request as it arrived; header names are lower case."""

    path: Mapping[str, str]
    query: Sequence[tuple[str, str]]
    headers: Mapping[str, str]
    body: bytes


class Checker:
    """What one endpoint takes and answers. `deviation` is where the vendor is known to differ from its own description."""

    def __init__(self, endpoint: Endpoint, deviation: Deviation = NONE) -> None:
        self.endpoint = endpoint
        self._deviation = deviation
        self._headers = endpoint.headers
        self._content = endpoint.content

    # ── requests ──

    def request(self, asked: Asked) -> tuple[JSON, list[Problem]]:
        """The body as a handler wants it, and everything about the request that does not fit."""
        problems = [*self._of_headers(asked), *self._of_path(asked), *self._of_query(asked)]
        body, wrong = self._of_body(asked)
        return body, [*problems, *wrong]

    def _of_headers(self, asked: Asked) -> Iterator[Problem]:
        for name, value in self._headers.items():
            sent = asked.headers.get(name)
            if sent is None:
                yield Problem(place="header", field=name, kind="missing", reason="it is missing")
            elif sent not in (value, *self._deviation.headers.get(name, ())):
                yield Problem(place="header", field=name, kind="wrong", reason=f"it is {value} here", value=sent)
        for one in self._parameters["header"].values():
            sent = asked.headers.get(one.name)
            if sent is not None or one.required:
                yield from self._value(one, [] if sent is None else [sent])

    def _of_path(self, asked: Asked) -> Iterator[Problem]:
        for one in self._parameters["path"].values():
            yield from self._value(one, [asked.path[one.name]] if one.name in asked.path else [])

    def _of_query(self, asked: Asked) -> Iterator[Problem]:
        known = self._parameters["query"]
        given: dict[str, list[str]] = {}
        for name, value in asked.query:
            given.setdefault(name, []).append(value)
        for name in given:
            if name not in known:
                yield Problem(place="query", field=name, kind="unknown", reason="there is no such parameter")
        for name, one in known.items():
            if name in given or one.required:
                yield from self._value(one, given.get(name, []))

    def _value(self, one: Parameter, texts: list[str]) -> Iterator[Problem]:
        if not texts:
            yield Problem(place=one.place, field=one.name, kind="missing", reason="it is missing")
            return
        validator = self._validators[one.place, one.name]
        said = next(iter(validator.iter_errors(fitting(validator, texts, comma=one.comma))), None)
        if said is not None:
            yield Problem(place=one.place, field=one.name, kind="wrong", reason=said.message, value=texts[0])

    def _of_body(self, asked: Asked) -> tuple[JSON, list[Problem]]:
        if self._content is None:
            return self._undescribed_body(asked)
        if not asked.body:
            missing = Problem(place="body", field="", kind="missing", reason="a body is needed")
            return None, [missing] if self.endpoint.body_required else []
        if not _same_type(asked.headers.get("content-type", ""), self._content):
            reason = f"the body is {self._content} here"
            return None, [Problem(place="header", field="content-type", kind="wrong", reason=reason)]
        try:
            body = self._read_body(asked)
        except ValueError:
            return None, [Problem(place="body", field="", kind="wrong", reason="the body is no JSON")]
        return body, [] if self._body is None else problems_of(self._body, body)

    def _undescribed_body(self, asked: Asked) -> tuple[JSON, list[Problem]]:
        if asked.body in (b"", b"{}"):
            return None, []
        return None, [Problem(place="body", field="", kind="unknown", reason="no body is described")]

    def _read_body(self, asked: Asked) -> JSON:
        if self._content in _FORMS:
            fields = as_object(self.body_schema.get("properties"))
            pairs = form_of(asked.headers.get("content-type", ""), asked.body)
            return {name: fitting(Draft202012Validator(as_object(fields.get(name))), texts) for name, texts in pairs.items()}
        if self._content is not None and "json" in self._content:
            return loads(asked.body)
        return None

    # ── answers ──

    def answer(self, value: JSON) -> list[str]:
        """What does not fit the described answer, each with its place."""
        if self._answer is None or self._answer.is_valid(value):
            return []
        return [_said(error) for _, error in zip(range(_MOST), self._answer.iter_errors(value), strict=False)]

    # ── schemas ──

    @cached_property
    def _parameters(self) -> dict[Place, dict[str, Parameter]]:
        found: dict[Place, dict[str, Parameter]] = {"path": {}, "query": {}, "header": {}, "body": {}}
        for one in self.endpoint.parameters:
            required = one.required and one.name not in self._deviation.optional
            schema = self._deviation.query.get(one.name, one.schema)
            found[one.place][one.name] = Parameter(one.name, one.place, required, one.comma, schema)
        for name, schema in self._deviation.query.items():
            found["query"].setdefault(name, Parameter(name, "query", False, False, schema))
        return found

    @cached_property
    def _validators(self) -> "_Compiled":
        return _Compiled(self._parameters)

    @cached_property
    def body_schema(self) -> Schema:
        schema = dict(with_fields(self.endpoint.body, self._deviation.takes))
        if "required" in schema:
            schema["required"] = [name for name in as_list(schema["required"]) if name not in self._deviation.optional]
        if "properties" in schema and "additionalProperties" not in schema:
            schema["unevaluatedProperties"] = False
        return schema

    @cached_property
    def _body(self) -> Draft202012Validator | None:
        return _validator(self.body_schema)

    @cached_property
    def answer_schema(self) -> Schema:
        """The described answer, mended where the vendor is known to answer otherwise."""
        return with_fields(self.endpoint.answer, self._deviation.answers)

    @cached_property
    def _answer(self) -> Draft202012Validator | None:
        return _validator(self.answer_schema) if "json" in self.endpoint.answer_type else None


class _Compiled(dict[tuple[Place, str], Draft202012Validator]):
    """The validators of parameters by place and name."""

    def __init__(self, parameters: Mapping[Place, Mapping[str, Parameter]]) -> None:
        super().__init__()
        self._of = parameters

    def __missing__(self, key: tuple[Place, str]) -> Draft202012Validator:
        place, name = key
        made = self[key] = _validator(self._of[place][name].schema) or Draft202012Validator({})
        return made


def _validator(schema: Schema) -> Draft202012Validator | None:
    return Draft202012Validator(schema, validate_formats=True, offline=True) if schema else None


def problems_of(validator: Draft202012Validator, body: JSON) -> list[Problem]:
    """Everything about a body that does not fit."""
    if validator.is_valid(body):
        return []
    return [problem for error in validator.iter_errors(body) for problem in _problems(error)]


def _problems(error: ValidationError) -> Iterator[Problem]:
    place = [str(part) for part in error.instance_path]
    match error.kind:
        case ValidationErrorKind.Required(property=name):
            yield Problem(place="body", field=".".join([*place, str(name)]), kind="missing", reason="it is missing")
        case ValidationErrorKind.AdditionalProperties(unexpected=names) | ValidationErrorKind.UnevaluatedProperties(unexpected=names):
            for name in names:
                yield Problem(place="body", field=".".join([*place, str(name)]), kind="unknown", reason="there is no such field")
        case _:
            value = cast("JSON", error.instance)
            yield Problem(place="body", field=".".join(place), kind="wrong", reason=error.message, value=value)


def _said(error: ValidationError) -> str:
    return f"{'.'.join(map(str, error.instance_path)) or 'the answer'}: {error.message[:200]}"


# ── texts into values ────────────────────────────────────────────────────────────────────────────────────────────────


def fitting(validator: Draft202012Validator, texts: Sequence[str], *, comma: bool = False) -> JSON:
    """What `texts` say as the first of their possible readings that fits; the plainest one where none does."""
    readings = list(_readings(texts, comma=comma))
    return next((one for one in readings if validator.is_valid(one)), readings[0])


def _readings(texts: Sequence[str], *, comma: bool) -> Iterable[JSON]:
    if len(texts) == 1:
        yield from _scalars(texts[0])
    items = texts[0].split(",") if comma and len(texts) == 1 else texts
    yield [next(iter(_scalars(item))) for item in items]
    yield list(items)
    yield list(texts)
    if all(text[:1] in ("{", "[") for text in texts):
        try:
            parsed = [loads(text) for text in texts]
        except ValueError:
            return
        yield from (parsed[0], parsed) if len(parsed) == 1 else (parsed,)


def _scalars(text: str) -> Iterator[JSON]:
    if _INTEGER.fullmatch(text):
        yield int(text)
    elif _NUMBER.fullmatch(text):
        yield float(text)
    elif text in ("true", "false"):
        yield text == "true"
    yield text


def form_of(content_type: str, body: bytes) -> dict[str, list[str]]:
    """The fields of a form; a file stands for its name."""
    found: dict[str, list[str]] = {}
    if content_type.startswith("multipart/"):
        head = f"Content-Type: {content_type}\r\n\r\n".encode()
        parsed = BytesParser(policy=HTTP).parsebytes(head + body)
        for part in parsed.iter_parts():
            name = str(part.get_param("name", "", "content-disposition"))
            found.setdefault(name, []).append(part.get_filename() or _text(part))
    else:
        for name, value in parse_qsl(body.decode(), keep_blank_values=True):
            found.setdefault(name, []).append(value)
    return found


def _text(part: object) -> str:
    content = part.get_payload(decode=True) if isinstance(part, EmailMessage) else None
    return content.decode(errors="replace") if isinstance(content, bytes) else ""


def _same_type(sent: str, described: str) -> bool:
    plain = sent.partition(";")[0].strip().lower()
    return "*" in described or plain == described.lower() or ("json" in described and "json" in plain)
