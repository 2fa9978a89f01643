"""The ways to prove who calls, as a description declares them."""

from trunkline.connect.openapi.documents import Document, Documents, Spot
from trunkline.model.json import JSONObject, as_object

_KINDS = {"header": "header", "query": "query", "cookie": "cookie"}


def schemes(documents: Documents, document: Document) -> dict[str, JSONObject]:
    """Each scheme by its name: `kind` is bearer, basic, header, query, oauth2 or what the description calls it."""
    at = Spot(document) / "components" / "securitySchemes"
    declared = as_object(as_object(as_object(document.data).get("components")).get("securitySchemes"))
    return {name: _scheme(documents.followed(raw, at / name)[0]) for name, raw in declared.items()}


def _scheme(raw: JSONObject) -> JSONObject:
    match raw.get("type"):
        case "http":
            return {"kind": str(raw.get("scheme", "")).lower()}
        case "apiKey":
            return {"kind": _KINDS.get(str(raw.get("in")), ""), "name": str(raw.get("name", ""))}
        case "oauth2":
            return _oauth2(as_object(raw.get("flows")))
        case other:
            return {"kind": str(other)}


def _oauth2(flows: JSONObject) -> JSONObject:
    """Where to ask for consent and for tokens; authorization code before the other ways."""
    chosen = next((name for name in ("authorizationCode", "clientCredentials", "password", "implicit") if name in flows), "")
    flow = as_object(flows.get(chosen))
    facts: JSONObject = {"kind": "oauth2", "flow": chosen, "authorize_url": flow.get("authorizationUrl"), "token_url": flow.get("tokenUrl")}
    return {name: fact for name, fact in facts.items() if fact}
