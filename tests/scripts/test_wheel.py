"""What a user installs: the package with its data and without its tests."""

import subprocess
import sys
import zipfile
from pathlib import Path, PurePosixPath

from tests.docs.documents import ROOT


def test_wheel_holds_the_package_and_its_data_but_no_tests(tmp_path: Path) -> None:
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(build, cwd=ROOT, capture_output=True, check=True)
    (wheel,) = tmp_path.glob("*.whl")
    files = {PurePosixPath(name) for name in zipfile.ZipFile(wheel).namelist()}
    package = ROOT / "src"
    shipped = {path for path in files if path.parts[0] == "trunkline"}
    wanted = {PurePosixPath(path.relative_to(package)) for path in package.glob("trunkline/**/*") if _ships(path)}
    assert shipped == wanted
    assert [path for path in files if path.name.startswith("test_")] == []


def _ships(path: Path) -> bool:
    return path.is_file() and "__pycache__" not in path.parts and path.name != "conftest.py" and not path.name.startswith("test_")
