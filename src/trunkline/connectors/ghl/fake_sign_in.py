"""How the simulated vendor signs people in: sub-accounts and agencies, and tokens of sub-accounts made with those of their agency."""

from collections.abc import Mapping

from starlette.requests import Request

from trunkline.connectors.ghl.fake_records import Refused
from trunkline.connectors.ghl.fake_seed import COMPANY
from trunkline.connectors.ghl.sign_in import SUB_ACCOUNT
from trunkline.model.clock import Clock
from trunkline.model.json import JSON, JSONObject
from trunkline.testing.oauth import AuthorizationServer
from trunkline.testing.simulation import Handler


class FakeSignIn(AuthorizationServer):
    """Tells of the sub-account, or for a company of the agency only. `installed` are the sub-accounts whose tokens the agency may make."""

    def __init__(self, location: str, *, clock: Clock) -> None:
        super().__init__(SUB_ACCOUNT, clock=clock)
        self.installed = {location}
        self.minted: list[str] = []
        """The sub-accounts for which a token was made with the agency's, in order."""
        self._location = location

    def tells(self, form: Mapping[str, str]) -> Mapping[str, JSON]:
        agency: JSONObject = {"token_type": "Bearer", "companyId": COMPANY, "userId": "uSeR00000000000000A1"}
        if form.get("user_type") == "Company":
            return {**agency, "userType": "Company"}
        return {**agency, "userType": "Location", "locationId": form.get("locationId", self._location)}

    def handlers(self) -> Mapping[str, Handler]:
        """The endpoint beside the token endpoint."""
        return {"POST /oauth/locationToken": self._mint}

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
