"""What can happen to orders, products and prices."""

from typing import Final

from trunkline.connect.declaration import Operation, Trigger
from trunkline.connectors.ghl.categories import PAYMENTS, PRODUCTS
from trunkline.connectors.ghl.operations import payments, products
from trunkline.connectors.ghl.triggers.invoices import in_place
from trunkline.connectors.ghl.triggers.shaping import any_of, flags, numbers, texts, times
from trunkline.connectors.ghl.triggers.telling import LOCATION, Listing, Noun, became, changed, created, happened
from trunkline.model.json import JSONObject, as_object
from trunkline.model.schema import text


def _named(operations: tuple[Operation, ...], id: str) -> Operation:
    return next(operation for operation in operations if operation.id == id)


# ── orders ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def _mended_order(order: JSONObject) -> JSONObject:
    """A list tells of the source in fields of their own."""
    source = as_object(order.get("source"))
    return {
        **in_place(order),
        **{f"source_{name}": order.get(f"source_{name}") or source.get(name) for name in ("type", "sub_type", "id", "name")},
    }


ORDER: Final = Noun(
    under="order",
    category=PAYMENTS,
    fields={
        "id": text("The order's id"),
        **texts("status", "fulfillment_status", "contact_id", "currency", "source_type", "source_sub_type", "source_id", "source_name"),
        **numbers("amount"),
        **flags("live_mode"),
        **any_of("items", "amount_summary", "tax_summary", "contact_snapshot"),
        **times("created_at", "updated_at"),
        **LOCATION,
    },
    mend=_mended_order,
    asks={"contactId": "contact_id"},
    scopes=("payments/orders.readonly",),
)
_ORDERS: Final = Listing(
    read=_named(payments.OPERATIONS, "payments.list_orders"),
    created="createdAt",
    updated="updatedAt",
    begin={"limit": 100},
    narrows=("contactId",),
)

# ── products and prices ──────────────────────────────────────────────────────────────────────────────────────────────

PRODUCT: Final = Noun(
    under="product",
    category=PRODUCTS,
    fields={
        "id": text("The product's id"),
        **texts("name", "description", "product_type", "image", "statement_descriptor"),
        **flags("available_in_store"),
        **any_of("variants", "medias"),
        **times("created_at", "updated_at"),
        **LOCATION,
    },
    identity=("name", "description", "product_type", "image", "statement_descriptor", "available_in_store"),
    scopes=("products.readonly",),
)
_PRODUCTS: Final = Listing(read=products.LIST, created="createdAt", updated="updatedAt", begin={"limit": 100})


def _mended_price(price: JSONObject) -> JSONObject:
    """In two of three events `type` is not the event but the price's own."""
    own = price.pop("type", None)
    return {**price, "price_type": price["price_type"] or own, "product_id": price.pop("product", None) or price["product_id"]}


PRICE: Final = Noun(
    under="price",
    category=PRODUCTS,
    fields={
        "id": text("The price's id"),
        **texts("product_id", "name", "price_type", "currency"),
        **numbers("amount", "compare_at_price", "available_quantity"),
        **flags("track_inventory", "allow_out_of_stock_purchases"),
        **any_of("recurring", "variant_option_ids", "membership_offers"),
        **times("created_at", "updated_at"),
        **LOCATION,
    },
    identity=("product_id", "name", "price_type", "currency", "amount", "compare_at_price", "available_quantity", "track_inventory"),
    mend=_mended_price,
    keep=frozenset(("type",)),
    asks={"productId": "product_id"},
    scopes=("products/prices.readonly",),
)
_BY_PRODUCT: Final = "The vendor lists prices by product only, so a lost delivery is not found again"

TRIGGERS: Final[tuple[Trigger, ...]] = (
    created(ORDER, "orders.created", "Order placed", "OrderCreate", listing=_ORDERS),
    became(
        ORDER,
        "orders.status_changed",
        "Order's status changed",
        "OrderStatusUpdate",
        fields=("status", "fulfillment_status"),
        listing=_ORDERS,
    ),
    created(PRODUCT, "products.created", "Product created", "ProductCreate", listing=_PRODUCTS),
    changed(PRODUCT, "products.changed", "Product created or changed", "ProductCreate", "ProductUpdate", listing=_PRODUCTS),
    happened(PRODUCT, "products.deleted", "Product deleted", "ProductDelete"),
    created(PRICE, "prices.created", "Price created", "PriceCreate", about=_BY_PRODUCT),
    changed(PRICE, "prices.changed", "Price created or changed", "PriceCreate", "PriceUpdate", about=_BY_PRODUCT),
    happened(PRICE, "prices.deleted", "Price deleted", "PriceDelete"),
)
