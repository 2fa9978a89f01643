"""The sandbox as a whole: every simulated vendor there is, each on a loopback port of its own."""

from collections.abc import AsyncGenerator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field

from trunkline.connect.declaration import Connector
from trunkline.connect.registry import Registry
from trunkline.model.errors import ConfigError
from trunkline.model.json import JSON, JSONObject
from trunkline.sandbox.control import Controlled
from trunkline.sandbox.mail import MailControl
from trunkline.sandbox.people import people
from trunkline.sandbox.routes import PREFIX
from trunkline.sandbox.simulated import Simulated, TakesMail, commands, facts_of, fakes, simulated
from trunkline.testing.vendor import FakeVendor, serving

DEFAULT_SEED = 1
_PEOPLE_IN = "ghl"


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """How to set it up, by the names of connectors. Without a port a free one is taken, without a rate the vendor's own limit holds.

    `only` says which vendors run; all when it is empty. `samples` puts in the records that the samples speak of, `contacts` made-up people
    into the GoHighLevel sub-account.
    """

    ports: Mapping[str, int] = field(default_factory=dict[str, int])
    rates: Mapping[str, int] = field(default_factory=dict[str, int])
    only: tuple[str, ...] = ()
    seed: int = DEFAULT_SEED
    contacts: int = 0
    samples: bool = False


@asynccontextmanager
async def running(options: Options, registry: Registry | None = None) -> AsyncGenerator[JSONObject]:
    """Serve the vendors and yield what is needed to use them; `ConfigError` when a port is taken or a name is unknown."""
    registry = registry or Registry.discover()
    classes = fakes(registry, only=options.only)
    for name in (*options.ports, *options.rates):
        if name not in classes:
            raise ConfigError(f"No simulated {name} runs.", hint=f"These do: {', '.join(classes)}.")
    async with AsyncExitStack() as stack:
        told: JSONObject = {"seed": options.seed}
        for id, fake in classes.items():
            told[id] = await _started(stack, registry.connector(id), fake, options)
        yield told


async def _started(stack: AsyncExitStack, connector: Connector, fake: type, options: Options) -> JSONObject:
    port = options.ports.get(connector.id, 0)
    try:
        if issubclass(fake, FakeVendor):
            one = simulated(connector, fake, seed=options.seed, rate=options.rates.get(connector.id))
            return await _over_http(stack, one, options, port)
        made = fake()
        assert isinstance(made, TakesMail)
        await stack.enter_async_context(made.serving(port=port))
        url = await stack.enter_async_context(serving(MailControl(made).app()))
        connect: list[JSON] = [*commands(connector, made.account())]
        return {**facts_of(made.account()), "name": connector.name, "control": f"{url}{PREFIX}", "connect": connect}
    except OSError as error:
        raise ConfigError(
            f"The simulated {connector.name} cannot listen on port {port}: {error.strerror}.",
            hint="Choose another port, or 0 for a free one.",
        ) from error


async def _over_http(stack: AsyncExitStack, one: Simulated, options: Options, port: int) -> JSONObject:
    made = options.contacts if one.connector.id == _PEOPLE_IN else 0
    if options.samples:
        one.vendor.seed()
    if one.hand is not None:
        for person in people(made, seed=options.seed):
            one.hand.create_contact(one.person(person))
    stack.push_async_callback(one.deliveries.close)
    url = await stack.enter_async_context(serving(Controlled(one, seed=options.seed, made=made), port=port))
    connect: list[JSON] = [*commands(one.connector, one.vendor.account(), url=url, control=f"{url}{PREFIX}")]
    return {**one.facts, "name": one.connector.name, "url": url, "control": f"{url}{PREFIX}", "connect": connect}
