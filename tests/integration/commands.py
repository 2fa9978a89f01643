"""Many command lines carried out by one process: `python -m tests.integration.commands`.

It reads `[[words, standard input], …]` as JSON and answers with `[[code, output, errors], …]`. Starting a process for each would take most
of a test's time.
"""

import io
import sys
from contextlib import redirect_stderr, redirect_stdout
from typing import cast

import orjson

from trunkline.cli.main import main


def carried_out(words: list[str], stdin: str) -> tuple[int, str, str]:
    """One command line, as if it were alone."""
    out, err = io.StringIO(), io.StringIO()
    sys.argv, sys.stdin = ["trunkline", *words], io.StringIO(stdin)
    code = 0
    with redirect_stdout(out), redirect_stderr(err):
        try:
            main(words)
        except SystemExit as ended:
            code = cast(int, ended.code)
    return code, out.getvalue(), err.getvalue()


if __name__ == "__main__":
    found = [carried_out(words, stdin) for words, stdin in orjson.loads(sys.stdin.buffer.read())]
    sys.__stdout__.buffer.write(orjson.dumps(found))  # pyright: ignore[reportOptionalMemberAccess] - a process of its own has one
