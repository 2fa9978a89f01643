"""Known secrets, a vendor that repeats whatever it is told, and a search for them in everything that was written."""

import html
import json
import re
import sqlite3
from base64 import b32encode, b64decode, b64encode, urlsafe_b64encode
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from urllib.parse import parse_qs, quote, quote_plus, urlencode

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from trunkline.model.json import dumps
from trunkline.store.payload import unpack


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """A secret. Its `core` holds letters and digits only, so it stands unchanged in whatever way text is escaped."""

    name: str
    text: str

    @property
    def core(self) -> str:
        return max(re.findall(r"[A-Za-z0-9]+", self.text), key=len)

    def forms(self) -> dict[str, bytes]:
        """What it may look like: the core, which every kind of escaping leaves, and what leaves nothing of it."""
        found = {
            "plainly": self.text,
            "its core": self.core,
            "cut off": self.core[:10],
            "in a URL": quote(self.text, safe=""),
            "in a form": quote_plus(self.text),
            "in JSON": json.dumps(self.text)[1:-1],
            "in HTML": html.escape(self.text),
            "in hexadecimal": self.core.encode().hex(),
        }
        for shift in range(3):
            # The same bytes look different in base64 by where they begin; the first and last letters hang on their neighbours.
            for how, encode in (("base64", b64encode), ("base64 for URLs", urlsafe_b64encode)):
                found[f"in {how}, {shift}"] = encode(b"x" * shift + self.core.encode()).decode().rstrip("=")[(shift * 8 + 5) // 6 : -1]
        return {how: text.encode() for how, text in found.items()}


def secret(name: str, before: str = "", after: str = "") -> Known:
    """One that nothing else in the world is equal to, the same in every run."""
    return Known(name=name, text=f"{before}{b32encode(sha256(name.encode()).digest())[:28].decode()}{after}")


class Search:
    """Looks for secrets in bytes, and keeps where it found which."""

    def __init__(self, *known: Known) -> None:
        self._known = known
        self._forms = [(one.name, how, form) for one in known for how, form in one.forms().items()]
        self.found: set[str] = set()
        self.looked_at = 0

    def look(self, where: str, text: bytes | str) -> None:
        raw = text.encode(errors="surrogateescape") if isinstance(text, str) else text
        self.looked_at += len(raw)
        self.found |= {f"{name} {how} in {where}" for name, how, form in self._forms if form in raw}

    def look_in(self, folder: Path, *, but_not: tuple[str, ...] = ()) -> None:
        """Every file's bytes, and what is packed in a database: compressed text would not be recognised as it lies there."""
        for path in sorted(folder.rglob("*")):
            if path.is_file() and path.name not in but_not:
                self.look(str(path.relative_to(folder)), path.read_bytes())
        for path in folder.rglob("trunkline.db"):
            for where, text in _cells(path):
                self.look(f"{path.relative_to(folder)}: {where}", text)


def _cells(path: Path) -> Iterator[tuple[str, bytes]]:
    """Every value of every table, unpacked."""
    database = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    try:
        for (table,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
            rows = database.execute(f'SELECT * FROM "{table}"')
            names = [column[0] for column in rows.description]
            for row in rows:
                for name, value in zip(names, row, strict=True):
                    yield from _texts(f"{table}.{name}", value)
    finally:
        database.close()


def _texts(where: str, value: object) -> Iterator[tuple[str, bytes]]:
    if isinstance(value, str):
        yield where, value.encode()
    if isinstance(value, bytes):
        yield where, value
        try:
            yield where, dumps(unpack(value))
        except Exception:  # noqa: BLE001 - it is not packed
            return


@dataclass(slots=True, kw_only=True)
class Parrot:
    """A vendor that puts what it was told about its caller into every answer, as echo services and careless servers do.

    The path says how: `/refuse/N` puts N letters before it, so that it is cut somewhere.
    """

    access_token: Known
    refresh_token: Known
    code: Known
    renews: bool = True
    refuses: Known | None = None
    """A credential that it does not take."""
    takes_messages: bool = True
    """Whether its incoming webhooks live."""
    heard: list[str] = field(default_factory=list[str])

    def app(self) -> Starlette:
        methods = ["GET", "POST", "PUT", "PATCH"]
        return Starlette(
            routes=[
                Route("/oauth/authorize", self._authorize),
                Route("/oauth/token", self._token, methods=["POST"]),
                Route("/refuse/{letters:int}", self._refuse, methods=methods),
                Route("/broken", self._broken, methods=methods),
                Route("/expired", self._expired, methods=methods),
                Route("/html", self._html, methods=methods),
                Route("/services/{rest:path}", self._message, methods=methods),
                Route("/{path:path}", self._answer, methods=methods),
            ]
        )

    async def _told(self, request: Request) -> str:
        """The credential as it came: headers and query, and what Basic hides."""
        line = request.headers.get("authorization", "")
        plain = b64decode(line[6:]).decode() if line.startswith("Basic ") else ""
        body = (await request.body()).decode(errors="replace") if request.url.path.startswith("/oauth/") else ""
        form = " ".join(value for values in parse_qs(body).values() for value in values)
        told = " ".join((line, plain, request.headers.get("x-own-key", ""), *request.query_params.values(), form))
        self.heard.append(told)
        return told

    def _marked(self, response: Response, told: str) -> Response:
        response.headers["x-request-id"] = told.strip()[:180].encode("ascii", "replace").decode()
        return response

    async def _answer(self, request: Request) -> Response:
        """What is well is answered with the credential as it was sent, in the data itself."""
        told = await self._told(request)
        if self.refuses is not None and self.refuses.text in told:
            return await self._expired(request)
        credential = request.headers.get("authorization") or request.headers.get("x-own-key") or request.query_params.get("api", "")
        contacts = [{"id": "1", "email": "ada@firm.example", "firstName": "Ada", "note": credential}]
        return self._marked(JSONResponse({"id": "1", "you": {"said": credential}, "contacts": contacts, "total": 1}), credential)

    async def _refuse(self, request: Request) -> Response:
        told = await self._told(request)
        words = f"{'x' * int(request.path_params['letters'])} you are {told} {quote(told)}"
        return self._marked(JSONResponse({"message": words}, status_code=422), told)

    async def _broken(self, request: Request) -> Response:
        told = await self._told(request)
        return self._marked(JSONResponse({"error": {"message": f"crashed over {told}"}}, status_code=500), told)

    async def _expired(self, request: Request) -> Response:
        told = await self._told(request)
        return self._marked(JSONResponse({"message": f"the token {told} has ended"}, status_code=401), told)

    async def _html(self, request: Request) -> Response:
        told = await self._told(request)
        return self._marked(HTMLResponse(f"<p>{html.escape(told)}</p>", status_code=403), told)

    async def _message(self, request: Request) -> Response:
        """An incoming webhook, whose path is all its secret."""
        path = request.url.path
        self.heard.append(path)
        said = {"ok": self.takes_messages, "error": f"no_service at {path}", "url": str(request.url)}
        return self._marked(JSONResponse(said, status_code=200 if self.takes_messages else 404), path)

    async def _authorize(self, request: Request) -> Response:
        asked: Mapping[str, str] = request.query_params
        back = urlencode({"state": asked["state"], "code": self.code.text})
        return RedirectResponse(f"{asked['redirect_uri']}?{back}")

    async def _token(self, request: Request) -> Response:
        told = await self._told(request)
        if not self.renews:
            said = {"error": "invalid_grant", "error_description": f"not with {told}"}
            return self._marked(JSONResponse(said, status_code=400), told)
        tokens = {"access_token": self.access_token.text, "refresh_token": self.refresh_token.text, "token_type": "Bearer"}
        return self._marked(JSONResponse({**tokens, "expires_in": 1}), told)
