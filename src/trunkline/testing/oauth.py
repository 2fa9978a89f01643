"""An authorization server for fake vendors: strict, with rotation and detection of reuse, and with switches for what goes wrong."""

from base64 import b64decode
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import parse_qsl, unquote_plus, urlencode, urlsplit

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, RedirectResponse, Response

from trunkline.connect.grants import challenge_of, grant_of
from trunkline.connect.sign_in import OAuth2
from trunkline.model.clock import Clock, Instant, SystemClock, later
from trunkline.model.connection import Account, Credential
from trunkline.model.grant import Claim, Grant, Held
from trunkline.model.ids import ConnectionId, fresh
from trunkline.model.json import JSON, JSONObject

CODE_LASTS_S: Final = 60.0


@dataclass(slots=True, kw_only=True)
class Family:
    """One sign-in and the tokens that came of it; only `refresh_token` may be traded, the access token once used ends all repeats."""

    scope: str
    told: Mapping[str, JSON]
    refresh_token: str = ""
    previous: str = ""
    access_token: str = ""
    ends_at: Instant | None = None
    answer: JSONObject = field(default_factory=dict[str, JSON])
    used: bool = False
    revoked: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class _Code:
    redirect_uri: str
    challenge: str
    scope: str
    ends_at: Instant


class AuthorizationServer:
    """The authorize page (which says yes at once) and the token endpoint of a vendor as its declaration has them.

    Every token request is kept in `requests`. `lasts_s` is how long access tokens live; `told` is what answers hold besides the tokens.
    """

    client_id = "fake-client-id"
    client_secret = "fake-client-secret-9d2e"
    jwt = "fake.jwt-credential.71c4"

    def __init__(self, oauth: OAuth2, *, clock: Clock | None = None, told: Mapping[str, JSON] | None = None) -> None:
        self.oauth = oauth
        self.clock: Clock = clock or SystemClock()
        self.told: Mapping[str, JSON] = dict(told or {})
        self.requests: list[dict[str, str]] = []
        self.reuses = 0
        """How often a refresh token came that had been traded before, and was not a repeat the vendor puts up with."""
        self.lasts_s: float | None = 3600
        self.consents = True
        """False: the person says no."""
        self.suspended: Response | None = None
        """What every renewal is answered with, while it is set."""
        self.families: list[Family] = []
        self._codes: dict[str, _Code] = {}

    # ── for tests ──

    @property
    def renewals(self) -> int:
        """Token requests that traded a refresh token."""
        return sum(request.get("grant_type") == "refresh_token" for request in self.requests)

    def account(self, options: Mapping[str, JSON] | None = None, *, jwt: bool = False) -> Account:
        """An account with the app's secrets."""
        secrets = {"client_id": self.client_id, "client_secret": self.client_secret}
        return Account(options=dict(options or {}), credential=Credential({**secrets, **({"jwt": self.jwt} if jwt else {})}))

    def tells(self, form: Mapping[str, str]) -> Mapping[str, JSON]:
        """What the answer to a token request holds besides the tokens; some vendors tell by what was asked."""
        del form
        return self.told

    def grant(self, *, scope: str = "", form: Mapping[str, str] | None = None) -> Grant:
        """A finished sign-in, without the way there."""
        return grant_of(self.begun(scope, form or {}).answer, self.oauth, now=self.clock.now())

    def expire(self) -> None:
        """End every access token now."""
        for family in self.families:
            family.ends_at = self.clock.now()

    def lose(self) -> None:
        """Trade every refresh token for others that nobody gets, as when the answer to a renewal is lost."""
        for family in self.families:
            self._trade(family)

    def revoke(self) -> None:
        """End every sign-in, as when a person removes the app at the vendor."""
        for family in self.families:
            family.revoked = True

    def accepts(self, request: Request) -> bool:
        """Whether a call carries a live access token."""
        family = self.behind(request)
        if family is not None:
            family.used = True
        return family is not None

    def behind(self, request: Request) -> Family | None:
        """The sign-in behind a call's access token; None when it is not live."""
        token = request.headers.get("authorization", "").removeprefix("Bearer ")
        for family in self.families:
            if token and family.access_token == token and not family.revoked:
                return family if family.ends_at is None or self.clock.now() < family.ends_at else None
        return None

    # ── the server ──

    def serves(self, path: str) -> bool:
        """Whether a path is one of its two."""
        return path in (urlsplit(self.oauth.authorize_url).path, urlsplit(self.oauth.token_url).path)

    async def answer(self, request: Request) -> Response:
        """Answer a request to one of its two paths."""
        if request.url.path == urlsplit(self.oauth.token_url).path and request.method == "POST":
            return self._token(request, dict(parse_qsl((await request.body()).decode(), keep_blank_values=True)))
        return self._authorize(request)

    def _authorize(self, request: Request) -> Response:
        asked = request.query_params
        redirect_uri = asked.get("redirect_uri", "")
        if asked.get("client_id") != self.client_id or asked.get("response_type") != "code" or not redirect_uri:
            return PlainTextResponse("no such app", status_code=400)
        given = {"state": asked.get("state", "")}
        if not self.consents:
            given |= {"error": "access_denied", "error_description": "The person said no"}
        elif self.oauth.pkce and asked.get("code_challenge_method") != "S256":
            given |= {"error": "invalid_request", "error_description": "code_challenge_method must be S256"}
        else:
            code = fresh("code")
            scope = asked.get(self.oauth.scope_field, "")
            ends_at = later(self.clock.now(), CODE_LASTS_S)
            self._codes[code] = _Code(redirect_uri=redirect_uri, challenge=asked.get("code_challenge", ""), scope=scope, ends_at=ends_at)
            given["code"] = code
        return RedirectResponse(f"{redirect_uri}?{urlencode(given)}", status_code=302)

    def another_code(self) -> str:
        """A code that no browser brings, for an app that the vendor lets begin anew."""
        code = fresh("code")
        self._codes[code] = _Code(redirect_uri="", challenge="", scope="", ends_at=later(self.clock.now(), CODE_LASTS_S))
        return code

    def _token(self, request: Request, form: dict[str, str]) -> Response:
        self.requests.append(form)
        if not self._is_app(request, form):
            return _refused("invalid_client", "the app is not known", status=401)
        if any(name not in form for name, _ in self.oauth.token_extra):
            return _refused("invalid_request", "a parameter is missing")
        match form.get("grant_type"):
            case "authorization_code":
                return self._by_code(form)
            case "refresh_token":
                return self._by_refresh(form)
            case "client_credentials" if "client_credentials" in self.oauth.grants:
                return JSONResponse(self.begun(form.get("scope", ""), form).answer)
            case "urn:ietf:params:oauth:grant-type:jwt-bearer" if "jwt" in self.oauth.grants:
                good = form.get("assertion") == self.jwt
                return JSONResponse(self.begun("", form).answer) if good else _refused("invalid_grant", "the JWT is not good")
            case _:
                return _refused("unsupported_grant_type", "not offered")

    def _is_app(self, request: Request, form: dict[str, str]) -> bool:
        if self.oauth.client_auth == "body":
            return (form.get("client_id"), form.get("client_secret")) == (self.client_id, self.client_secret)
        scheme, _, pair = request.headers.get("authorization", "").partition(" ")
        if scheme != "Basic":
            return False
        id, _, secret = b64decode(pair).decode().partition(":")
        return (unquote_plus(id), unquote_plus(secret)) == (self.client_id, self.client_secret)

    def _by_code(self, form: dict[str, str]) -> Response:
        code = self._codes.pop(form.get("code", ""), None)
        if code is None or code.ends_at <= self.clock.now():
            return _refused("invalid_grant", "the code is unknown, used or too old")
        if form.get("redirect_uri", "") != code.redirect_uri:
            return _refused("invalid_grant", "the redirect_uri is another one")
        if code.challenge and challenge_of(form.get("code_verifier", "")) != code.challenge:
            return _refused("invalid_grant", "the verifier does not fit")
        return JSONResponse(self.begun(code.scope, form).answer)

    def _by_refresh(self, form: dict[str, str]) -> Response:
        token = form.get("refresh_token", "")
        if self.suspended is not None:
            return self.suspended
        for family in self.families:
            if family.revoked or not token:
                continue
            if token == family.refresh_token:
                self._trade(family)
                return JSONResponse(family.answer)
            if token == family.previous:
                return self._again(family)
        return _refused("invalid_grant", "the refresh token is unknown, used or revoked")

    def _again(self, family: Family) -> Response:
        if self.oauth.repeats_answer and not family.used:
            return JSONResponse(family.answer)
        self.reuses += 1
        family.revoked = True
        return _refused("invalid_grant", "the refresh token was used before")

    def begun(self, scope: str, form: Mapping[str, str]) -> Family:
        """A sign-in with its first tokens."""
        family = Family(scope=scope, told=self.tells(form))
        self.families.append(family)
        self._trade(family)
        return family

    def _trade(self, family: Family) -> None:
        """New tokens; the old access token ends with them."""
        family.access_token, family.used = fresh("at"), False
        family.ends_at = None if self.lasts_s is None else later(self.clock.now(), self.lasts_s)
        if self.oauth.refresh == "rotates" or not family.refresh_token:
            family.previous, family.refresh_token = family.refresh_token, fresh("rt")
        names = self.oauth.names
        family.answer = dict(family.told)
        _put(family.answer, names.access_token, family.access_token)
        if self.oauth.refresh != "none":
            _put(family.answer, names.refresh_token, family.refresh_token)
        if self.lasts_s is not None:
            _put(family.answer, names.expires_in, self.lasts_s)
        if family.scope:
            _put(family.answer, names.scope, family.scope)


def _put(answer: JSONObject, path: str, value: JSON) -> None:
    *before, last = path.split(".")
    place = answer
    for name in before:
        inner = place.setdefault(name, {})
        assert isinstance(inner, dict)
        place = inner
    place[last] = value


def _refused(error: str, description: str, *, status: int = 400) -> Response:
    return JSONResponse({"error": error, "error_description": description}, status_code=status)


class MemoryGrants:
    """Live tokens of one process, for tests that need no database."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._held: dict[ConnectionId, Held] = {}
        self._claims: dict[ConnectionId, tuple[str, Instant]] = {}

    def put(self, connection: ConnectionId, grant: Grant) -> None:
        """Somebody has signed in."""
        self._held[connection] = Held(generation=self._now(connection).generation + 1, grant=grant)

    def _now(self, connection: ConnectionId) -> Held:
        return self._held.get(connection, Held())

    async def read(self, connection: ConnectionId) -> Held:
        return self._now(connection)

    async def claim(self, connection: ConnectionId, *, generation: int, by: str, until: Instant) -> Claim:
        held = self._now(connection)
        other, ends_at = self._claims.get(connection, ("", Instant(0)))
        free = other in ("", by) or ends_at <= self._clock.now()
        won = held.generation == generation and not held.refused and free
        if won:
            self._claims[connection] = (by, until)
        return Claim(won=won, held=held, interrupted=bool(other))

    async def store(self, connection: ConnectionId, grant: Grant, *, generation: int) -> Held | None:
        if self._now(connection).generation != generation:
            return None
        self._claims.pop(connection, None)
        held = self._held[connection] = Held(generation=generation + 1, grant=grant)
        return held

    async def release(self, connection: ConnectionId, *, by: str) -> None:
        if self._claims.get(connection, ("",))[0] == by:
            del self._claims[connection]

    async def refuse(self, connection: ConnectionId, *, generation: int, reason: str, suspended: bool) -> None:
        held = self._now(connection)
        if held.generation == generation:
            self._claims.pop(connection, None)
            self._held[connection] = Held(generation=generation, grant=held.grant, refused=reason, suspended=suspended)

    async def forgive(self, connection: ConnectionId) -> None:
        held = self._now(connection)
        self._held[connection] = Held(generation=held.generation, grant=held.grant)
