"""The account and its business address."""

from typing import Final

from trunkline.connect.declaration import Operation
from trunkline.connectors.ringcentral.declaring import ACCOUNT, composed, declared, merging

_ADDRESS: Final = ("businessAddress", "company", "email", "mainSiteName")

GET: Final = declared(f"GET {ACCOUNT}", "account.get", "Get account", "Account", id_field="id")
ADDRESS: Final = declared(f"GET {ACCOUNT}/business-address", "account.business_address", "Get company business address", "Account")
_PUT_ADDRESS: Final = declared(
    f"PUT {ACCOUNT}/business-address", "account.update_business_address", "Update company business address", "Account"
)

OPERATIONS: Final[tuple[Operation, ...]] = (
    GET,
    ADDRESS,
    composed(
        _PUT_ADDRESS,
        merging(ADDRESS, _PUT_ADDRESS, _ADDRESS),
        about="What is left out stays. It is the company's address for letters, not one for emergencies",
    ),
)
