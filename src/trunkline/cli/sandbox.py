"""`trunkline sandbox`: simulated vendors to try things against."""

import asyncio
import signal
import sys
from collections.abc import Iterable
from typing import Annotated

import typer
from rich.text import Text

from trunkline.cli.context import command, verb_alone
from trunkline.cli.given import Given
from trunkline.cli.output import Answer, console, facts, heading
from trunkline.model.json import JSONObject, as_object, dumps
from trunkline.sandbox.servers import DEFAULT_SEED, Options, running

app = verb_alone()

Port = Annotated[int, typer.Option(min=0, max=65_535, help="0 takes a free one.")]


@command(app, "sandbox", examples=("trunkline sandbox --contacts 20", "trunkline sandbox --openphone-rate 200 --json"))
async def sandbox(
    given: Given,
    ghl_port: Port = 0,
    openphone_port: Port = 0,
    openphone_rate: Annotated[int, typer.Option(min=1, max=100_000, help="Calls a second that the OpenPhone workspace takes.")] = 10,
    contacts: Annotated[int, typer.Option(min=0, max=100_000, help="Made-up people in the GoHighLevel sub-account from the start.")] = 0,
    seed: Annotated[int, typer.Option(help="The same seed makes the same people.")] = DEFAULT_SEED,
) -> Answer | None:
    """Simulate a GoHighLevel sub-account and an OpenPhone workspace on this machine, until Ctrl-C.

    Nothing leaves the machine, tokens and people are made up. With --json one line tells everything a program needs to begin.
    """
    stopped = told_to_stop()
    options = Options(ghl_port=ghl_port, openphone_port=openphone_port, openphone_rate=openphone_rate, seed=seed, contacts=contacts)
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
    ghl, openphone = as_object(told["ghl"]), as_object(told["openphone"])
    screen = console()
    screen.print(heading("GoHighLevel, simulated"))
    screen.print(facts(_pairs(ghl, "url", "control", "token", "location", "webhook_public_key")))
    screen.print(heading("OpenPhone, simulated"))
    screen.print(facts(_pairs(openphone, "url", "control", "token", "webhook_key", "calls_per_s")))
    screen.print(heading("Try, in a second terminal, with a hub that runs (trunkline up)"))
    print_to_copy(_tries(ghl, openphone))
    screen.print("\nCtrl-C ends it.")


def _pairs(vendor: JSONObject, *names: str) -> list[tuple[str, object]]:
    return [(name.replace("_", " "), str(vendor[name]).strip()) for name in names]


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
