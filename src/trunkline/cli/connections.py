"""`trunkline connections`: which accounts at vendors the hub may use."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Annotated

import typer
from rich.console import Group
from rich.text import Text

from trunkline.admin import connections as admin
from trunkline.admin import health, invitations, sign_in
from trunkline.admin.desk import Desk
from trunkline.admin.health import Health
from trunkline.admin.sign_in import Standing
from trunkline.cli import exits, words
from trunkline.cli.commands import command, noun
from trunkline.cli.context import desk_of
from trunkline.cli.given import Given
from trunkline.cli.locations import EXAMPLES as LOCATIONS
from trunkline.cli.locations import locations
from trunkline.cli.output import Answer, console, facts, iso_or_null, table, when
from trunkline.cli.sign_in import EXAMPLES, authorize
from trunkline.connect.declaration import Connector
from trunkline.model.connection import Connection
from trunkline.model.errors import ConfigError
from trunkline.model.json import JSONObject
from trunkline.settings import Settings

app = noun("Which accounts at vendors the hub may use: add, test, change, remove.")

Name = Annotated[str, typer.Argument(metavar="NAME", help="The connection's name.")]
Token = Annotated[
    str | None,
    typer.Option(
        metavar="VALUE",
        help=(
            "The vendor's token or API key: @FILE reads a file, - the standard input. Typed here in full it can be seen in the shell's "
            "history and the process list; leave it out to be asked for it."
        ),
    ),
]
Secrets = Annotated[
    list[str] | None,
    typer.Option(
        "--secret",
        metavar="NAME=VALUE",
        help="A secret by the connector's name for it: NAME=@FILE, or NAME=- for the standard input; a VALUE in full as with --token.",
    ),
]
Options = Annotated[
    list[str] | None,
    typer.Option("--option", metavar="NAME=VALUE", help="An option of the connector, or NAME=@FILE. May be repeated."),
]
Location = Annotated[str | None, typer.Option(metavar="ID", help="Short for --option location=ID.")]
BaseUrl = Annotated[
    str | None, typer.Option("--base-url", metavar="URL", help="Another server than the vendor's own: a proxy, a test, the sandbox.")
]


@command(
    app,
    "add",
    examples=(
        "trunkline connections add ghl --name main --location LOC",
        "trunkline connections add openphone --name desk --token @openphone.key",
        "trunkline connections add http --name erp --secret header=@erp-header.txt --option webhook_auth=standard",
    ),
)
async def add(
    given: Given,
    connector: Annotated[str, typer.Argument(metavar="CONNECTOR", help="Which vendor; see: trunkline catalogue.")],
    name: Annotated[str, typer.Option(metavar="NAME", help="What flows will call it.")],
    token: Token = None,
    secret: Secrets = None,
    location: Location = None,
    option: Options = None,
    base_url: BaseUrl = None,
) -> Answer:
    """Connect an account at a vendor. A secret that is needed and not given is asked for; it is stored sealed and never shown again.

    What a connection needs is told by: trunkline catalogue CONNECTOR.
    """
    async with desk_of(given) as desk:
        new = admin.NewConnection(
            connector=connector,
            name=name,
            base_url=base_url,
            options=_options(option, location),
            secrets=_secrets(secret, token, quiet=given.json),
        )
        made = await admin.add(desk, _asked_for(desk.registry.connector(connector), new))
        following = "Sign in: trunkline connections authorize" if made.cause == admin.NOBODY else "Try it: trunkline connections test"
        return await _page(desk, made, given.settings(), first=f"Added {made.name}. {following} {made.name}")


@command(app, "list", examples=("trunkline connections list", "trunkline connections list --json"))
async def list_connections(given: Given) -> Answer:
    """List the connections: whether they work, and how many runs wait because one does not."""
    settings = given.settings()
    async with desk_of(given) as desk:
        found = await health.everything(desk)
    return Answer(
        json={"connections": [_as_json(one, settings) for one in found]},
        shown=table(
            ("name", "connector", "state", "since", "waiting", "cause"),
            ((one.connection.name, one.connection.connector, one.state, when(one.since), one.waiting or "", one.cause) for one in found),
            empty="No connections yet. Add one: trunkline connections add CONNECTOR --name NAME",
        ),
    )


@command(app, "show", examples=("trunkline connections show main", "trunkline connections show main --json"))
async def show(given: Given, name: Name) -> Answer:
    """Show a connection: its state and what to do about it, its options, the webhook address to enter at the vendor; never a secret."""
    async with desk_of(given) as desk:
        return await _page(desk, await admin.named(desk, name), given.settings())


@command(app, "test", examples=("trunkline connections test main",))
async def test(given: Given, name: Name) -> Answer:
    """Try a connection with a harmless read. Ends with 1 when it does not work; when it does, runs that waited for it go on."""
    async with desk_of(given) as desk:
        found = await admin.test(desk, name)
    lines = [Text(f"{name}: {found.message}  ({found.ms:g} ms)", style="green" if found.ok else "red")]
    if found.hint:
        lines.append(Text(f"  hint:  {found.hint}"))
    return Answer(
        json={
            "name": name,
            "connector": found.connection.connector,
            "ok": found.ok,
            "message": found.message,
            "hint": found.hint,
            "ms": found.ms,
        },
        shown=Group(*lines),
        code=exits.DONE if found.ok else exits.FAILED,
    )


command(app, "authorize", examples=EXAMPLES)(authorize)
command(app, "locations", examples=LOCATIONS)(locations)


@command(
    app,
    "update",
    examples=(
        "trunkline connections update main --token @new.key",
        "trunkline connections update main --option webhook_public_key=@key.pem",
    ),
)
async def update(
    given: Given,
    name: Name,
    token: Token = None,
    secret: Secrets = None,
    location: Location = None,
    option: Options = None,
    base_url: BaseUrl = None,
) -> Answer:
    """Change what is given and keep the rest. The connection counts as working again, and runs that waited for it go on."""
    options, secrets = _options(option, location), _secrets(secret, token, quiet=given.json)
    if not options and not secrets and base_url is None:
        raise ConfigError("Nothing to change was given.", hint="Give --token, --secret, --option or --base-url.")
    async with desk_of(given) as desk:
        changed = await admin.update(desk, name, secrets=secrets, options=options, base_url=base_url)
        return await _page(desk, changed, given.settings(), first=f"Changed {name}.")


@command(app, "invite", examples=("trunkline connections invite main", "trunkline connections invite main --hours 24 --json"))
async def invite(
    given: Given,
    name: Name,
    hours: Annotated[float, typer.Option(metavar="N", min=0.1, max=720, help="How long the link can be taken up.")] = 72,
) -> Answer:
    """Make a link for the owner of the account: they sign in, or enter what the vendor shows them, and see nothing else.

    It is good for one connect, until its time is over or another one is made. A running hub answers it.
    """
    settings = given.settings()
    async with desk_of(given) as desk:
        made = await invitations.invite(desk, name, lasts_s=hours * 3_600)
    link = f"{settings.address}{invitations.PATH}{made.token}"
    private = "" if settings.public_url else "Others reach it only at this hub's public address: set TRUNKLINE_PUBLIC_URL."
    return Answer(
        json={"name": name, "link": link, "expires_at": iso_or_null(made.expires_at)},
        shown=Group(
            Text(f"Send this to the owner of the account, until {when(made.expires_at)}:", style="bold"),
            Text(f"\n  {link}\n", no_wrap=True, overflow="ignore"),
            *([Text(private, style="yellow")] if private else []),
        ),
    )


@command(app, "new-address", examples=("trunkline connections new-address main", "trunkline connections new-address main --yes"))
async def new_address(given: Given, name: Name, yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False) -> Answer:
    """Give a connection another webhook address. The one before is dead at once; enter the new one at the vendor.

    Where the hub keeps the vendor's subscription it moves that by itself.
    """
    async with desk_of(given) as desk:
        await admin.named(desk, name)
        words.confirm(f"Give {name} another webhook address? Deliveries to the present one are refused from then on.", yes=yes)
        return await _page(desk, await admin.move(desk, name), given.settings(), first=f"{name} has another address.")


@command(app, "remove", examples=("trunkline connections remove main", "trunkline connections remove main --yes"))
async def remove(given: Given, name: Name, yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False) -> Answer:
    """Forget a connection and its secrets. Refused while a published flow uses it."""
    async with desk_of(given) as desk:
        found = await admin.named(desk, name)
        words.confirm(f"Forget {name} (a connection of {found.connector}) and its secrets?", yes=yes)
        await admin.remove(desk, name)
    return Answer(json={"removed": name}, shown=Text(f"Removed {name}."))


def _secrets(given: Iterable[str] | None, token: str | None, *, quiet: bool) -> dict[str, str]:
    secrets = words.pairs(given or (), place="--secret")
    if token is not None:
        secrets["token"] = words.text_of(token, place="--token")
    if not quiet and words.typed_in_full(*secrets.values()):
        console(stderr=True).print(
            "A secret that is typed in full can be read by others on this machine meanwhile, and stays in the shell's history. "
            "Give @FILE or -, or leave it out to be asked.",
            style="yellow",
        )
    return secrets


def _options(given: Iterable[str] | None, location: str | None) -> dict[str, str]:
    options = words.pairs(given or (), place="--option")
    if location is not None:
        options["location"] = location
    return options


def _asked_for(connector: Connector, new: admin.NewConnection) -> admin.NewConnection:
    """The same with the secrets that are needed and missing, asked for where a person is there."""
    missing = admin.lacks(connector, new)
    if not missing or not words.someone_is_there():
        return new
    return replace(new, secrets={**new.secrets, **{secret.name: words.hidden(f"{connector.name}: {secret.title}") for secret in missing}})


def _as_json(one: Health, settings: Settings) -> JSONObject:
    """A connection without its secrets."""
    connection = one.connection
    return {
        "name": connection.name,
        "connector": connection.connector,
        "state": one.state,
        "cause": one.cause,
        "since": iso_or_null(one.since),
        "waiting": one.waiting,
        "next_step": one.next_step,
        "base_url": connection.base_url,
        "options": connection.options,
        "webhook": settings.hook(connection.endpoint),
        "id": connection.id,
        "created_at": iso_or_null(connection.created_at),
    }


async def _page(desk: Desk, connection: Connection, settings: Settings, *, first: str = "") -> Answer:
    connector = desk.registry.connector(connection.connector)
    webhook = settings.hook(connection.endpoint) if connector.webhook is not None else ""
    private = bool(webhook) and not settings.public_url
    standing = await sign_in.standing(desk, connection.name)
    well = await health.of(desk, connection.name)
    shown = facts(
        [
            ("name", connection.name),
            ("connector", f"{connector.name} ({connector.id})"),
            ("state", well.state),
            ("since", when(well.since)),
            ("cause", well.cause),
            ("waiting", f"{well.waiting} {'run' if well.waiting == 1 else 'runs'}" if well.waiting else ""),
            ("next step", well.next_step),
            ("server", connection.base_url or connector.base_url),
            *((f"option {name}", str(value)) for name, value in connection.options.items()),
            *_signed_in(standing),
            ("webhooks", webhook),
            ("", "Vendors need the public address of this hub: set TRUNKLINE_PUBLIC_URL." if private else ""),
        ]
    )
    json: JSONObject = {**_as_json(well, settings), "sign_in": _sign_in_as_json(standing)}
    return Answer(json=json, shown=Group(Text(first, style="bold"), shown) if first else shown)


def _signed_in(standing: Standing | None) -> list[tuple[str, object]]:
    if standing is None:
        return []
    if not standing.signed_in:
        return [("signed in", "not yet"), ("refused", standing.refused)]
    until = "until it is revoked" if standing.until is None else f"this token ends {when(standing.until)}, it is renewed before"
    return [("signed in", until), ("scopes", standing.scopes), ("refused", standing.refused)]


def _sign_in_as_json(standing: Standing | None) -> JSONObject | None:
    if standing is None:
        return None
    return {
        "way": standing.way,
        "signed_in": standing.signed_in,
        "token_until": None if standing.until is None else iso_or_null(standing.until),
        "scopes": standing.scopes,
        "refused": standing.refused,
    }
