"""`trunkline sandbox`: simulated vendors to try things against."""

import asyncio
import signal
import sys
from collections.abc import Iterable
from typing import Annotated

import typer
from rich.text import Text

from trunkline.cli import words
from trunkline.cli.commands import command, verb_alone
from trunkline.cli.given import Given
from trunkline.cli.output import Answer, console, facts, heading
from trunkline.model.json import JSONObject, as_list, dumps
from trunkline.sandbox.servers import DEFAULT_SEED, Options, running

app = verb_alone()


@command(
    app,
    "sandbox",
    examples=(
        "trunkline sandbox --contacts 20",
        "trunkline sandbox --only ghl,openphone --rate openphone=200 --json",
        "trunkline sandbox --port ghl=8101 --port openphone=8102",
    ),
)
async def sandbox(
    given: Given,
    only: Annotated[
        str, typer.Option(metavar="NAMES", help="Connectors to simulate, with commas between them; all there are unless told.")
    ] = "",
    port: Annotated[
        list[str] | None, typer.Option(metavar="NAME=PORT", help="Where one listens; a free port unless told. May be repeated.")
    ] = None,
    rate: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME=CALLS", help="Calls a second that one takes; the real limit unless told. May be repeated."),
    ] = None,
    contacts: Annotated[int, typer.Option(min=0, max=100_000, help="Made-up people in the GoHighLevel sub-account from the start.")] = 0,
    samples: Annotated[bool, typer.Option("--samples", help="Begin with the records that the samples speak of.")] = False,
    seed: Annotated[int, typer.Option(help="The same seed makes the same people.")] = DEFAULT_SEED,
) -> Answer | None:
    """Simulate the vendors on this machine, each with state, limits and signed webhooks, until Ctrl-C.

    Nothing leaves the machine, tokens and people are made up. With --json one line tells everything a program needs to begin.
    """
    stopped = told_to_stop()
    options = Options(
        ports=words.numbers(port or (), place="--port", most=65_535),
        rates=words.numbers(rate or (), place="--rate", least=1, most=100_000),
        only=tuple(name.strip() for name in only.split(",") if name.strip()),
        seed=seed,
        contacts=contacts,
        samples=samples,
    )
    async with running(options) as told:
        if given.json:
            sys.stdout.write(dumps(told).decode() + "\n")
            sys.stdout.flush()
        else:
            _show(told)
        await stopped.wait()
    return None


def told_to_stop() -> asyncio.Event:
    """Set by Ctrl-C or a request to end, from now on."""
    stopped = asyncio.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(name, stopped.set)
    return stopped


def print_to_copy(lines: Iterable[str]) -> None:
    """Print commands, each as one line however narrow the terminal is, so that they can be copied."""
    for line in lines:
        console().print(Text(f"  {line}"), soft_wrap=True)


def _show(told: JSONObject) -> None:
    screen = console()
    vendors = {id: one for id, one in told.items() if isinstance(one, dict)}
    both = {"ghl", "openphone"} <= vendors.keys()
    for id, one in vendors.items():
        screen.print(heading(f"{one['name']}, simulated"))
        screen.print(
            facts([(name.replace("_", " "), str(value).strip()) for name, value in one.items() if name not in ("name", "connect")])
        )
        if not both or id not in ("ghl", "openphone"):
            print_to_copy(str(line) for line in as_list(one["connect"]))
    if both:
        screen.print(heading("Try, in a second terminal, with a hub that runs (trunkline up)"))
        print_to_copy(_tries(vendors["ghl"], vendors["openphone"]))
    screen.print("\nCtrl-C ends it.")


def _tries(ghl: JSONObject, openphone: JSONObject) -> list[str]:
    control = ghl["control"]
    return [
        f"curl -so ghl.pem {control}/webhook-key",
        f"trunkline connections add ghl --name main --base-url {ghl['url']} --location {ghl['location']} "
        f"--token {ghl['token']} --option webhook_public_key=@ghl.pem",
        f"trunkline connections add openphone --name desk --base-url {openphone['url']} --token {openphone['token']}",
        "trunkline flows apply examples/ghl-contact-to-openphone.yaml && trunkline flows publish ghl-contact-to-openphone",
        "trunkline connections show main        # tells the webhook ADDRESS for the next line",
        f'curl -X PUT {control}/webhooks -d \'{{"urls": ["ADDRESS"]}}\'',
        f"curl {control}/contacts -d '{{\"count\": 5}}'        # five more people",
        f'curl {control}/next -d \'{{"status": 503, "times": 3}}\'        # the next three answers are 503',
        f"curl -X PUT {control}/token -d '{{\"accepted\": false}}'        # every credential is refused",
        f"curl {control}/calls        # what was called",
    ]
