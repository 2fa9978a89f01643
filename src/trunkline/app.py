"""Puts the program together: the only place that knows every module."""

import asyncio
import contextlib
import gc
import signal
import socket
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager

import structlog
import uvicorn
from starlette.applications import Starlette
from starlette.routing import Route
from starlette.types import ASGIApp

from trunkline import connectors
from trunkline.admin.callback import finish
from trunkline.admin.desk import Desk
from trunkline.admin.sign_in import CALLBACK
from trunkline.admin.subscriptions import remember
from trunkline.connect.addresses import Addresses
from trunkline.connect.client import Client
from trunkline.connect.registry import Registry
from trunkline.engine.alerts import Thresholds
from trunkline.engine.directory import Directory
from trunkline.engine.engine import Engine
from trunkline.engine.housekeeping import Retention
from trunkline.engine.ownership import FolderLock
from trunkline.engine.poller import Polling
from trunkline.engine.subscriptions import Subscriber
from trunkline.flows.compile import compile_text
from trunkline.model.clock import SystemClock
from trunkline.model.errors import ConfigError
from trunkline.settings import Settings
from trunkline.store.database import Database, driver_for
from trunkline.vault.box import Vault
from trunkline.vault.keys import given_by, master_keys
from trunkline.web import invitations
from trunkline.web.factory import Front, application
from trunkline.web.hooks import Hooks
from trunkline.web.monitoring import Watchers
from trunkline.web.protocol import BoundedProtocol
from trunkline.web.sign_in import route as callback

log = structlog.get_logger()


@asynccontextmanager
async def opened_desk(settings: Settings) -> AsyncGenerator[Desk]:
    """The data of a hub, running or stopped; made when it is not there yet. `ConfigError` or `StoreError` when it cannot be opened."""
    try:
        settings.home.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise ConfigError(
            f"The data folder cannot be made: {error.strerror}.", hint="Choose another --home.", place=str(settings.home)
        ) from error
    keys = master_keys(settings.home, settings.environment)
    if keys.made:
        log.warning("made the master key that opens every stored secret; back it up and keep it private", action="vault", path=keys.place)
    desk = Desk(
        database=Database(driver_for(settings.database_url or settings.home / "trunkline.db")),
        vault=Vault(*keys.keys, learn=keys.again),
        keys=keys,
        registry=Registry.discover(connectors.__name__, made=settings.connectors),
        client=Client(addresses=Addresses(allow=settings.allow_hosts)),
        clock=SystemClock(),
    )
    try:
        await desk.budgets.open()
        yield desk
    finally:
        await desk.close()


def require_key(settings: Settings) -> None:
    """`ConfigError` for a hub that other machines reach and that would open its secrets with a key lying beside them."""
    if settings.exposed and given_by(settings.environment) is None:
        raise ConfigError(
            f"A hub on {settings.host} can be reached by other machines, so it needs a master key that does not lie beside its data.",
            hint="Make one: trunkline vault new-key FILE; then start with TRUNKLINE_MASTER_KEY_FILE=FILE, or let it listen on 127.0.0.1. "
            "Secrets that are stored already stay readable; trunkline vault rotate then seals them with the new key.",
            place="TRUNKLINE_HOST",
        )


@asynccontextmanager
async def running_engine(desk: Desk, settings: Settings) -> AsyncGenerator[Engine]:
    """An engine at work on `desk`'s data; it has the data folder to itself."""
    lock = FolderLock(settings.home)
    directory = Directory(desk.database, desk.clock, compile=compile_text, link=desk.link, unlink=desk.budgets.forget)
    engine = Engine(
        desk.database,
        directory,
        desk.clock,
        ownership=lock,
        retention=Retention(days=settings.retention_days, size_bytes=settings.retention_bytes),
        concurrency=settings.concurrency,
        backlog=settings.backlog,
        polling=Polling(every_s=settings.poll_every_s, most_gone=settings.most_gone),
        thresholds=Thresholds(failed=settings.alert_failed),
        triggers=desk.registry.trigger,
        subscriber=Subscriber(
            desk.database,
            directory,
            desk.clock,
            address=lambda connection: settings.hook(connection.endpoint) if settings.public_url else None,
            remember=lambda id, secrets, besides: remember(desk, id, secrets, besides),
        ),
        budgets=desk.budgets,
    )
    try:
        await desk.budgets.alone()
        await engine.start()
        yield engine
    finally:
        await engine.stop()
        lock.release()


async def serve(settings: Settings, *, started: Callable[[int], None]) -> None:
    """Run a hub until it is told to stop (SIGINT, SIGTERM); `started` gets the port it listens on."""
    require_key(settings)
    async with opened_desk(settings) as desk, running_engine(desk, settings) as engine:
        server = _server(whole(desk, engine, settings), host=settings.host, port=settings.port)
        serving = asyncio.get_running_loop().create_task(server.serve())
        await server.listening(serving)
        _calm_collector()
        started(server.port)
        await serving


@asynccontextmanager
async def answering_browsers(desk: Desk, *, host: str, port: int) -> AsyncGenerator[int]:
    """Be there for the browser that comes back from a vendor, while no hub is; yields the port. `ConfigError` when it is taken."""
    page = Starlette(routes=[sign_in_page(desk)])
    page.router.redirect_slashes = False
    async with answering(page, host=host, port=port) as listens_on:
        yield listens_on


@asynccontextmanager
async def answering(page: ASGIApp, *, host: str, port: int) -> AsyncGenerator[int]:
    """Answer as a hub does, beside whatever else this process does; yields the port. `ConfigError` when it is taken."""
    server = _server(page, host=host, port=port)
    server.heeds_signals = False
    serving = asyncio.get_running_loop().create_task(server.serve())
    try:
        await server.listening(serving)
        yield server.port
    finally:
        server.should_exit = True
        await serving


def whole(desk: Desk, engine: Engine, settings: Settings) -> Front:
    """Everything that a hub answers."""
    return application(
        Hooks(engine.directory, engine.receiver, engine.refusals, desk.clock),
        lambda: _ready(desk, engine, settings),
        sign_in_page(desk),
        *invitation_pages(desk, settings),
        watchers=Watchers(token=settings.metrics_token, published=bool(settings.public_url)),
    )


def sign_in_page(desk: Desk) -> Route:
    """Where vendors send the browser back after a person signed in."""
    return callback(lambda brought: finish(desk, brought))


def invitation_pages(desk: Desk, settings: Settings) -> list[Route]:
    """Where the owners of accounts connect them again."""
    return invitations.routes(desk, settings.address + CALLBACK)


def _calm_collector() -> None:
    """What was made at start lives as long as the process, and what an event makes dies with it: looking for cycles in both at every
    turn costs a tenth of the time and finds nothing.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)


def _ready(desk: Desk, engine: Engine, settings: Settings) -> tuple[bool, dict[str, object]]:
    waiting = engine.inbox.waiting
    journal = desk.database.journal
    facts: dict[str, object] = {"events_waiting": waiting, "runs_in_hand": engine.lanes.queued, "writes_waiting": journal.backlog}
    if journal.trouble:
        facts["trouble"] = journal.trouble
    return waiting < settings.backlog and not journal.trouble, facts


def _server(page: ASGIApp, *, host: str, port: int) -> "_Server":
    """A server that tells nothing of itself, trusts nobody's word of where a request is from, and gives each a bounded place."""
    return _Server(
        uvicorn.Config(
            page,
            host=host,
            port=port,
            access_log=False,
            proxy_headers=False,
            log_config=None,
            lifespan="off",
            loop="none",
            server_header=False,
            date_header=False,
            timeout_graceful_shutdown=5,
            http=BoundedProtocol,
            ws="none",
        )
    )


class _Server(uvicorn.Server):
    """uvicorn that stops on a signal without raising it again, so that the engine behind it ends its runs in peace."""

    port: int = 0
    heeds_signals = True

    @contextlib.contextmanager
    def capture_signals(self):  # pyright: ignore[reportUnknownParameterType] - uvicorn's own signature has no types
        loop = asyncio.get_running_loop()
        for name in (signal.SIGINT, signal.SIGTERM) if self.heeds_signals else ():
            loop.add_signal_handler(name, self._stop)
        yield

    def _stop(self) -> None:
        self.should_exit = True

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        try:
            await super().startup(sockets)
        except SystemExit:
            # uvicorn leaves the process when it cannot bind, which would tear down the loop with the engine still at work.
            raise ConfigError(
                f"The hub cannot listen on {self.config.host}:{self.config.port}.",
                hint="Another program may use the port, or the address is not this machine's: choose another --port or --host.",
            ) from None

    async def listening(self, serving: "asyncio.Task[None]") -> None:
        """Return when connections are accepted; `ConfigError` when the address is taken."""
        while not self.started:
            if serving.done():
                await serving
                raise ConfigError("The hub was stopped while it started.")
            await asyncio.sleep(0.005)
        self.port = self.servers[0].sockets[0].getsockname()[1]
