"""The sandbox as a whole: both simulated vendors, each on a loopback port of its own."""

from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

from trunkline.model.errors import ConfigError
from trunkline.model.json import JSONObject
from trunkline.sandbox import simulated
from trunkline.sandbox.control import PREFIX, Controlled
from trunkline.sandbox.people import people
from trunkline.sandbox.simulated import Simulated
from trunkline.testing.vendor import serving

DEFAULT_SEED = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """How to set it up. Port 0 takes a free one; `contacts` made-up people are in the GHL sub-account from the start."""

    ghl_port: int = 0
    openphone_port: int = 0
    openphone_rate: int = 10
    seed: int = DEFAULT_SEED
    contacts: int = 0


@asynccontextmanager
async def running(options: Options) -> AsyncGenerator[JSONObject]:
    """Serve both vendors and yield what is needed to use them; `ConfigError` when a port is taken."""
    ghl_vendor, ghl = simulated.ghl(seed=options.seed)
    openphone_vendor, openphone = simulated.openphone(seed=options.seed, rate=options.openphone_rate)
    for one in people(options.contacts, seed=options.seed):
        ghl.create(one)
    async with AsyncExitStack() as stack:
        ghl_url = await _serve(stack, ghl, Controlled(ghl, seed=options.seed, made=options.contacts), options.ghl_port)
        openphone_url = await _serve(stack, openphone, Controlled(openphone, seed=options.seed), options.openphone_port)
        yield {
            "seed": options.seed,
            "ghl": {
                "url": ghl_url,
                "control": f"{ghl_url}{PREFIX}",
                "token": ghl_vendor.token,
                "location": ghl_vendor.location,
                "webhook_public_key": ghl_vendor.public_key,
            },
            "openphone": {
                "url": openphone_url,
                "control": f"{openphone_url}{PREFIX}",
                "token": openphone_vendor.token,
                "webhook_key": openphone_vendor.webhook_key,
                "calls_per_s": options.openphone_rate,
            },
        }


async def _serve(stack: AsyncExitStack, one: Simulated, app: Controlled, port: int) -> str:
    stack.push_async_callback(one.deliveries.close)
    try:
        return await stack.enter_async_context(serving(app, port=port))
    except OSError as error:
        raise ConfigError(
            f"The simulated {one.name} cannot listen on port {port}: {error.strerror}.", hint="Choose another port, or 0 for a free one."
        ) from error
