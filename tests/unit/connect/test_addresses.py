"""Which addresses may be called."""

import pytest

from trunkline.connect.addresses import Addresses, Origin, as_address, is_public
from trunkline.connect.client import origin
from trunkline.model.errors import AddressError, UnavailableError
from trunkline.testing.clock import FakeClock

CLOSED = [
    "10.0.0.1",
    "172.16.0.1",
    "192.168.1.1",
    "127.0.0.1",
    "127.255.255.254",
    "0.0.0.0",
    "0.1.2.3",
    "100.64.0.1",
    "100.127.255.255",
    "169.254.169.254",
    "169.254.0.1",
    "192.0.0.1",
    "192.0.2.1",
    "192.88.99.1",
    "198.18.0.1",
    "198.51.100.1",
    "203.0.113.1",
    "224.0.0.1",
    "239.255.255.255",
    "240.0.0.1",
    "255.255.255.255",
    "[::]",
    "[::1]",
    "[::7f00:1]",
    "[::ffff:127.0.0.1]",
    "[::ffff:169.254.169.254]",
    "[64:ff9b::7f00:1]",
    "[64:ff9b::a9fe:a9fe]",
    "[64:ff9b:1::1]",
    "[2002:7f00:1::]",
    "[2002:c0a8:101::1]",
    "[2001:0:5ef5:79fb::1]",
    "[2001:db8::1]",
    "[3fff::1]",
    "[fc00::1]",
    "[fd12:3456::1]",
    "[fe80::1]",
    "[fec0::1]",
    "[ff02::1]",
    "[100::1]",
    "[5f00::1]",
]
ODD_SPELLINGS = ["127.1", "2130706433", "0x7f000001", "0x7f.1", "0177.0.0.1", "017700000001", "127.0.0.1.", "0xa9fea9fe", "0"]
OPEN = ["8.8.8.8", "1.1.1.1", "93.184.215.14", "[2606:4700:4700::1111]", "[64:ff9b::808:808]", "[::ffff:8.8.8.8]", "[2002:808:808::1]"]


def target(host: str, port: int = 443) -> Origin:
    return Origin(scheme="https", host=host, port=port)


class Names:
    """A resolver that answers from a list of answers by turns."""

    def __init__(self, *answers: list[str]) -> None:
        self.answers = list(answers)
        self.asked = 0

    async def __call__(self, host: str, port: int) -> list[str]:
        self.asked += 1
        return self.answers[min(self.asked, len(self.answers)) - 1]


@pytest.mark.parametrize("host", CLOSED + ODD_SPELLINGS)
async def test_closed_address_is_refused(host: str) -> None:
    with pytest.raises(AddressError) as caught:
        await Addresses(resolve=Names(["8.8.8.8"])).check(target(host))
    assert f"{host}:443" in caught.value.hint


@pytest.mark.parametrize("host", ODD_SPELLINGS)
def test_url_with_an_odd_spelling_is_read_as_the_address_it_means(host: str) -> None:
    address = as_address(origin(f"http://{host}/").host)
    assert address is not None
    assert not is_public(address)


@pytest.mark.parametrize("host", OPEN)
async def test_public_address_needs_no_pin(host: str) -> None:
    assert await Addresses().check(target(host)) is None


@pytest.mark.parametrize("closed", [host.strip("[]") for host in CLOSED])
async def test_name_that_leads_to_a_closed_address_is_refused(closed: str) -> None:
    for answer in ([closed], ["8.8.8.8", closed]):
        with pytest.raises(AddressError):
            await Addresses(resolve=Names(answer)).check(target("rebind.example"))


async def test_name_is_pinned_to_the_address_that_was_checked() -> None:
    names = Names(["8.8.8.8"], ["127.0.0.1"])
    clock = FakeClock()
    addresses = Addresses(resolve=names, clock=clock)
    assert await addresses.check(target("rebind.example")) == "8.8.8.8"
    assert await addresses.check(target("rebind.example")) == "8.8.8.8"
    assert names.asked == 1
    await clock.advance(61)
    with pytest.raises(AddressError):
        await addresses.check(target("rebind.example"))


async def test_refusal_is_not_remembered() -> None:
    names = Names(["127.0.0.1"], ["8.8.8.8"])
    addresses = Addresses(resolve=names)
    with pytest.raises(AddressError):
        await addresses.check(target("moved.example"))
    assert await addresses.check(target("moved.example")) == "8.8.8.8"


async def test_owner_allows_a_host_or_one_of_its_ports() -> None:
    addresses = Addresses(allow=("127.0.0.1:9099", " Intranet.example "), resolve=Names(["10.0.0.1"]))
    assert await addresses.check(target("127.0.0.1", 9099)) is None
    assert await addresses.check(target("intranet.example", 81)) is None
    for closed in (target("127.0.0.1", 9098), target("other.intranet.example")):
        with pytest.raises(AddressError):
            await addresses.check(closed)


async def test_name_without_an_address_may_come_back() -> None:
    async def nothing(_host: str, _port: int) -> list[str]:
        raise OSError("unknown")

    for resolve in (nothing, Names([])):
        with pytest.raises(UnavailableError):
            await Addresses(resolve=resolve).check(target("nowhere.example"))


async def test_name_of_this_machine_is_refused_by_the_real_resolver() -> None:
    with pytest.raises(AddressError):
        await Addresses().check(target("localhost"))


@pytest.mark.parametrize("host", ["example.com", "1password.example", "dead.beef.example", "0x.example", ""])
def test_name_is_no_address(host: str) -> None:
    assert as_address(host) is None


@pytest.mark.parametrize(
    "url", ["ftp://x.example/", "file:///etc/passwd", "http://user:pw@x.example/", "http://user@x.example/", "x", "http://"]
)
def test_url_that_nobody_may_call_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        origin(url)
