"""What is under version control belongs to everybody: no machine's paths, no host one installs from."""

import re
import shutil
import subprocess

import pytest

from tests.docs.documents import ROOT

# Written with brackets so that this file does not find itself.
FORBIDDEN = re.compile(
    r"py[p]i\.org|python[h]osted|npm[j]s\.org|debian\.org/[d]ebian|/wor[k]/[a-z.]|/roo[t]/|/far[m]/|file:[/]{3}[a-z]+/[a-z-]*(p[y]pi|simple)"
)


def _tracked() -> list[str]:
    if shutil.which("git") is None or not (ROOT / ".git").exists():
        pytest.skip("not a git checkout, so nothing says which files are tracked")
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return [name for name in listed.split("\0") if name and (ROOT / name).is_file()]


def test_no_tracked_file_names_a_machine_or_an_index() -> None:
    found = {name: FORBIDDEN.findall((ROOT / name).read_bytes().decode("utf-8", "replace")) for name in _tracked()}
    assert {name: hits for name, hits in found.items() if hits} == {}


@pytest.mark.parametrize("name", ["run.txt", "dev.txt", "bench.txt"])
def test_locked_requirements_have_hashes_and_no_address(name: str) -> None:
    lines = (ROOT / "requirements" / name).read_text(encoding="utf-8").splitlines()
    assert [line for line in lines if "://" in line or line.startswith("--index")] == []
    locked = [at for at, line in enumerate(lines) if "==" in line]
    assert locked
    assert all("--hash=sha256:" in lines[at + 1] for at in locked)
