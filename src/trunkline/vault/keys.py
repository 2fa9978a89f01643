"""Where the master keys come from: one setting (value, file or command), else a file of the data folder that is made at first use."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from trunkline.model.errors import ConfigError
from trunkline.settings import MASTER_KEY, MASTER_KEY_COMMAND, MASTER_KEY_FILE, OLD_MASTER_KEYS
from trunkline.vault.command import output_of
from trunkline.vault.key_file import GIVEN, KeyFile, parsed

FILE: Final = "master.key"
"""Its name in the data folder."""

_SOURCES: Final = (MASTER_KEY.name, MASTER_KEY_FILE.name, MASTER_KEY_COMMAND.name)


@dataclass(frozen=True, slots=True, kw_only=True)
class MasterKeys:
    """The keys, the one that seals first. `place` is the setting or the file the first one is from.

    `own` is the file of the data folder when the first key is from there: it may be renewed. `made` when that was just done for the
    first time. `read_again` are files another process may change, in the order their keys count.
    """

    keys: tuple[bytes, ...] = field(repr=False)
    place: str
    own: KeyFile | None = None
    made: bool = False
    read_again: tuple[KeyFile, ...] = ()

    def again(self) -> tuple[bytes, ...]:
        """The keys as they are now; what came from a value or a command stays until the next start."""
        fresh = [key for file in self.read_again if file.path.exists() for key in file.read()]
        first = fresh if self.read_again and self.place == str(self.read_again[0].path) else []
        return tuple(dict.fromkeys((*first, *self.keys, *fresh)))


def given_by(environment: Mapping[str, str]) -> str | None:
    """The setting that gives the key; None when the data folder's own is used. `ConfigError` when there are several."""
    given = [name for name in _SOURCES if environment.get(name)]
    if len(given) > 1:
        raise ConfigError(f"The master key is given twice: {' and '.join(given)}.", hint="Keep one of them.", place=given[1])
    return given[0] if given else None


def master_keys(home: Path, environment: Mapping[str, str]) -> MasterKeys:
    """Every key there is; `ConfigError` says what is wrong with a source.

    The file of the data folder is read besides a key that is given, and so are `TRUNKLINE_OLD_MASTER_KEYS`: to open what they sealed.
    """
    own = KeyFile(home / FILE)
    older = parsed(environment[OLD_MASTER_KEYS.name], OLD_MASTER_KEYS.name) if environment.get(OLD_MASTER_KEYS.name) else ()
    source = given_by(environment)
    if source is None or (source == MASTER_KEY_FILE.name and _same(Path(environment[source]), own.path)):
        made = not own.path.exists() and own.make()
        return MasterKeys(keys=_unique(own.read(), older), place=str(own.path), own=own, made=made, read_again=(own,))
    left = own.read() if own.path.exists() else ()
    if source == MASTER_KEY_FILE.name:
        file = KeyFile(Path(environment[source]).expanduser(), others_may_not=GIVEN)
        return MasterKeys(keys=_unique(file.read(), older, left), place=str(file.path), read_again=(file, own))
    text = environment[source]
    given = text if source == MASTER_KEY.name else output_of(text, environment, place=source)
    return MasterKeys(keys=_unique(parsed(given, source), older, left), place=source, read_again=(own,))


def _same(path: Path, own: Path) -> bool:
    return path.expanduser().absolute() == own.absolute()


def _unique(*keys: tuple[bytes, ...]) -> tuple[bytes, ...]:
    return tuple(dict.fromkeys(key for some in keys for key in some))
