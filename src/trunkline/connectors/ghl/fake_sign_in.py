"""How the simulated vendor signs people in: sub-accounts and agencies, and tokens of sub-accounts made with those of their agency; where
the app is installed; another code for an app that lost its tokens.
"""

from collections.abc import Mapping

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from trunkline.connectors.ghl.fake_records import Refused
from trunkline.connectors.ghl.fake_seed import COMPANY
from trunkline.connectors.ghl.sign_in import RECONNECT, SUB_ACCOUNT
from trunkline.model.clock import Clock
from trunkline.model.json import JSON, JSONObject, as_object, loads
from trunkline.testing.oauth import AuthorizationServer, Family
from trunkline.testing.simulation import Handler


class FakeSignIn(AuthorizationServer):
    """Tells of the sub-account, or for a company of the agency only.

    `installed` are the names, by id, of the sub-accounts in which the agency's app is installed: it may make the tokens of these.
    """

    app_id = "aPp00000000000000001"
    client_id = f"{app_id}-fak3cl13nt"

    def __init__(self, location: str, *, clock: Clock) -> None:
        super().__init__(SUB_ACCOUNT, clock=clock)
        self.installed = {location: "Palmer & Sons"}
        self.minted: list[str] = []
        """The sub-accounts for which a token was made with the agency's, in order."""
        self.reconnects = 0
        """How often an app asked for another code because it had lost its tokens."""
        self._location = location
        self._removed = False

    def tells(self, form: Mapping[str, str]) -> Mapping[str, JSON]:
        agency: JSONObject = {"token_type": "Bearer", "companyId": COMPANY, "userId": "uSeR00000000000000A1"}
        if form.get("user_type") == "Company":
            return {**agency, "userType": "Company"}
        return {**agency, "userType": "Location", "locationId": form.get("locationId", self._location)}

    def uninstall(self, location: str) -> None:
        """Remove the app from a sub-account: its tokens end, and no more are made."""
        self.installed.pop(location, None)
        for family in self.families:
            family.revoked = family.revoked or family.told.get("locationId") == location

    def revoke(self) -> None:
        super().revoke()
        self._removed = True

    def begun(self, scope: str, form: Mapping[str, str]) -> Family:
        self._removed = False
        return super().begun(scope, form)

    # ── the endpoints beside the token endpoint ──

    def serves(self, path: str) -> bool:
        return path == RECONNECT or super().serves(path)

    async def answer(self, request: Request) -> Response:
        if request.url.path == RECONNECT:
            return self._reconnect(as_object(loads(await request.body())))
        return await super().answer(request)

    def handlers(self) -> Mapping[str, Handler]:
        """What is asked with a token."""
        return {"POST /oauth/locationToken": self._mint, "GET /oauth/installedLocations": self._list}

    def _reconnect(self, body: JSONObject) -> Response:
        """Another code, while the app is installed in the sub-account or agency that is named."""
        self.reconnects += 1
        if (body.get("clientKey"), body.get("clientSecret")) != (self.client_id, self.client_secret):
            return JSONResponse({"statusCode": 401, "message": "Invalid client credentials"}, status_code=401)
        known = body.get("companyId") == COMPANY if "companyId" in body else body.get("locationId") in self.installed
        if self._removed or not known:
            return JSONResponse({"statusCode": 400, "message": "App is not installed"}, status_code=400)
        return JSONResponse({"authorizationCode": self.another_code()})

    def _mint(self, request: Request, body: JSON) -> JSON:
        family = self.behind(request)
        if family is None or family.told.get("userType") != "Company":
            raise Refused(401, "This authClass type is not allowed to access this scope.")
        form = body if isinstance(body, dict) else {}
        location = str(form.get("locationId"))
        if form.get("companyId") != COMPANY or location not in self.installed:
            raise Refused(400, "Location not found for this company and app.")
        self.minted.append(location)
        answer = dict(self.begun("", {"user_type": "Location", "locationId": location}).answer)
        del answer["refresh_token"]
        return answer

    def _list(self, request: Request, _: JSON) -> JSON:
        """A page of where the app is installed; the private token of these tests stands for every kind there is."""
        family, asked = self.behind(request), request.query_params
        if family is not None and family.told.get("userType") != "Company":
            raise Refused(401, "This authClass type is not allowed to access this scope.")
        if (asked.get("companyId"), asked.get("appId")) != (COMPANY, self.app_id):
            raise Refused(400, "No such app in this company.")
        begin, size = int(asked.get("skip", "0")), int(asked.get("limit", "20"))
        found: list[JSON] = [
            {"_id": id, "name": name, "address": "1 Main Street, Dayton, OH", "isInstalled": True} for id, name in self.installed.items()
        ]
        return {"locations": found[begin : begin + size], "count": len(found), "installToFutureLocations": False}
