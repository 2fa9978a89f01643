"""A hub in a process of its own, for tests that kill it: `python serve.py HOME PORT`."""

import os
import sys
from pathlib import Path

import uvloop

from trunkline.app import serve
from trunkline.settings import Settings


def main(home: str, port: str) -> None:
    """Serve until told to stop; a hub that was killed is started in the same way."""
    settings = Settings(home=Path(home), port=int(port), environment=os.environ)
    uvloop.run(serve(settings, started=lambda found: print(f"listening on {found}", flush=True)))


if __name__ == "__main__":
    main(*sys.argv[1:])
