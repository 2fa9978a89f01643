"""Payments: orders, transactions, subscriptions, coupons."""

from typing import Any, Final

from trunkline.connect.declaration import Operation
from trunkline.connectors.ghl.categories import PAYMENTS
from trunkline.connectors.ghl.declaring import declared, gone_is_done, listed
from trunkline.connectors.ghl.paging import by_offset, size, start

_UPDATED: Final = "updatedAt"


def _list(key: str, id: str, title: str, *, usual: int = 10) -> Operation:
    return declared(
        key,
        id,
        title,
        PAYMENTS,
        add={"limit": size(100), "offset": start()},
        items="data",
        id_field="_id",
        updated_field=_UPDATED,
        next_page=by_offset("data", usual=usual, total="totalCount"),
    )


def _one(key: str, id: str, title: str, **facts: Any) -> Operation:
    return declared(key, id, title, PAYMENTS, id_field="_id", updated_field=_UPDATED, **facts)


LIST_COUPONS: Final = _list("GET /payments/coupon/list", "payments.list_coupons", "List Coupons", usual=100)

OPERATIONS: Final[tuple[Operation, ...]] = (
    _list("GET /payments/orders", "payments.list_orders", "List Orders"),
    _one("GET /payments/orders/{orderId}", "payments.get_order", "Get Order"),
    declared("POST /payments/orders/{orderId}/record-payment", "payments.record_order_payment", "Record Payment of Order", PAYMENTS),
    declared(
        "GET /payments/orders/{orderId}/fulfillments",
        "payments.list_fulfillments",
        "List Fulfillments of Order",
        PAYMENTS,
        items="data",
        id_field="_id",
        updated_field=_UPDATED,
    ),
    _one(
        "POST /payments/orders/{orderId}/fulfillments",
        "payments.create_fulfillment",
        "Create Fulfillment of Order",
        about="Says what was shipped, and can tell the customer",
        record="data",
    ),
    _list("GET /payments/transactions", "payments.list_transactions", "List Transactions"),
    _one("GET /payments/transactions/{transactionId}", "payments.get_transaction", "Get Transaction"),
    _list("GET /payments/subscriptions", "payments.list_subscriptions", "List Subscriptions"),
    _one("GET /payments/subscriptions/{subscriptionId}", "payments.get_subscription", "Get Subscription"),
    LIST_COUPONS,
    _one(
        "GET /payments/coupon",
        "payments.get_coupon",
        "Get Coupon",
        about="By its id and code: the vendor wants both",
    ),
    _one(
        "POST /payments/coupon",
        "payments.create_coupon",
        "Create Coupon",
        repeat=listed(LIST_COUPONS, "code", within=("altId",)),
    ),
    _one("PUT /payments/coupon", "payments.update_coupon", "Update Coupon"),
    gone_is_done(_one("DELETE /payments/coupon", "payments.delete_coupon", "Delete Coupon")),
)
