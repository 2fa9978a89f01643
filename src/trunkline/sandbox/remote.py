"""What the demonstration asks other processes over HTTP: the control APIs of the vendors, the health and metrics of the hub."""

from dataclasses import dataclass

from prometheus_client.parser import text_string_to_metric_families

from trunkline.connect.client import Client
from trunkline.model.errors import TrunklineError
from trunkline.model.http import Request, Response
from trunkline.model.json import JSON, JSONObject, as_list, as_object, dumps

Samples = dict[tuple[str, frozenset[tuple[str, str]]], float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Control:
    """The control API of one simulated vendor."""

    client: Client
    url: str

    async def contacts(self) -> list[JSONObject]:
        """Every contact the vendor holds."""
        return [as_object(one) for one in as_list(await self._ask("GET", "/contacts"))]

    async def state(self) -> JSONObject:
        return as_object(await self._ask("GET", "/state"))

    async def routes_called(self) -> JSONObject:
        """How often each route was called."""
        return as_object(as_object(await self._ask("GET", "/calls"))["routes"])

    async def send(self, method: str, path: str, body: JSON) -> JSON:
        """Tell the vendor to do something; the answer."""
        return await self._ask(method, path, body)

    async def _ask(self, method: str, path: str, body: JSON = None) -> JSON:
        return (await _asked(self.client, self.url, method, path, body)).json()


@dataclass(frozen=True, slots=True, kw_only=True)
class Hub:
    """A running hub, from outside."""

    client: Client
    url: str

    async def ready(self) -> JSONObject | None:
        """What it says of its work in hand; None while it takes none."""
        try:
            answer = await self.client.send(Request(method="GET", url="/readyz"), base_url=self.url, timeout_s=5, write=False)
        except TrunklineError:
            return None
        return as_object(answer.json()) if answer.ok else None

    async def samples(self) -> Samples:
        """Its metrics by name and labels."""
        text = (await _asked(self.client, self.url, "GET", "/metrics")).body.decode()
        families = text_string_to_metric_families(text)
        return {(sample.name, frozenset(sample.labels.items())): sample.value for family in families for sample in family.samples}


def counted(samples: Samples, name: str, **labels: str) -> int:
    """The sum of a counter over every sample that carries these labels."""
    wanted = set(labels.items())
    return round(sum(value for (found, carried), value in samples.items() if found == name and wanted <= carried))


async def _asked(client: Client, url: str, method: str, path: str, body: JSON = None) -> Response:
    request = Request(method=method, url=path, headers=(("content-type", "application/json"),), body=None if body is None else dumps(body))
    answer = await client.send(request, base_url=url, timeout_s=15, write=False)
    if not answer.ok:
        raise TrunklineError(f"{method} {url}{path} answered {answer.status}: {answer.body[:300].decode(errors='replace')}")
    return answer
