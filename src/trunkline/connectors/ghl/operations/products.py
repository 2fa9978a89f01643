"""Products, what they cost, how many are left, and the collections they are shown in."""

from typing import Any, Final

from trunkline.connect.declaration import Operation
from trunkline.connectors.ghl.categories import PRODUCTS
from trunkline.connectors.ghl.declaring import declared, gone_is_done, items_of, listed
from trunkline.connectors.ghl.paging import by_offset, size, start
from trunkline.model.schema import anything, boolean, nullable, number, record, text

_UPDATED: Final = "updatedAt"
_USUAL: Final = 50


def _list(key: str, id: str, title: str, items: str, *, total: str, updated: str | None = _UPDATED, **facts: Any) -> Operation:
    """The vendor's own size when nothing is said is given as 0 in places: so it is always said."""
    return declared(
        key,
        id,
        title,
        PRODUCTS,
        add={"limit": size(100), "offset": start()},
        defaults={"limit": _USUAL, "offset": 0},
        items=items,
        id_field="_id",
        updated_field=updated,
        next_page=by_offset(items, usual=_USUAL, total=total),
        **facts,
    )


def _one(key: str, id: str, title: str, *, updated: str | None = _UPDATED, **facts: Any) -> Operation:
    return declared(key, id, title, PRODUCTS, id_field="_id", updated_field=updated, **facts)


_COLLECTION_ANSWER: Final = record(
    {**{name: nullable(text()) for name in ("_id", "altId", "name", "slug", "image", "createdAt")}, "seo": record({}, open=True)}, open=True
)
_REVIEW: Final = record(
    {
        **{name: nullable(text()) for name in ("_id", "productId", "storeId", "status", "headline", "detail", "createdAt", "updatedAt")},
        "rating": nullable(number()),
    },
    open=True,
)
"""Both lists are described as lists of lists."""

LIST: Final = _list("GET /products/", "products.list", "List Products", "products", total="total.0.total")
LIST_PRICES: Final = _list("GET /products/{productId}/price", "products.list_prices", "List Prices of Product", "prices", total="total")
LIST_COLLECTIONS: Final = _list(
    "GET /products/collections",
    "products.list_collections",
    "List Collections",
    "data",
    total="total",
    updated=None,
    output=items_of(_COLLECTION_ANSWER, "data", total=number()),
)

_PRODUCT: Final = "/products/{productId}"
_PRICE: Final = "/products/{productId}/price/{priceId}"
_COLLECTION: Final = "/products/collections/{collectionId}"

_STOCK: Final = record(
    {
        **{name: nullable(text()) for name in ("_id", "name", "product", "productName", "sku", "updatedAt")},
        "availableQuantity": nullable(number()),
        "allowOutOfStockPurchases": nullable(boolean()),
    },
    open=True,
)

OPERATIONS: Final[tuple[Operation, ...]] = (
    LIST,
    _one(f"GET {_PRODUCT}", "products.get", "Get Product"),
    _one(
        "POST /products/",
        "products.create",
        "Create Product",
        repeat=listed(LIST, "name", "productType", "slug", within=("locationId",), asking=lambda input: {"search": input["name"]}),
    ),
    _one(f"PUT {_PRODUCT}", "products.update", "Update Product"),
    gone_is_done(_one(f"DELETE {_PRODUCT}", "products.delete", "Delete Product")),
    LIST_PRICES,
    _one(f"GET {_PRICE}", "products.get_price", "Get Price"),
    _one(
        f"POST {_PRODUCT}/price",
        "products.create_price",
        "Create Price",
        repeat=listed(LIST_PRICES, "name", "type", "currency", "amount", within=("productId", "locationId")),
    ),
    _one(f"PUT {_PRICE}", "products.update_price", "Update Price"),
    gone_is_done(_one(f"DELETE {_PRICE}", "products.delete_price", "Delete Price")),
    _list(
        "GET /products/inventory",
        "products.list_inventory",
        "List Inventory",
        "inventory",
        total="total",
        output=items_of(_STOCK, "inventory", total=anything("How many there are: described as an object, shown as a number")),
    ),
    declared(
        "POST /products/inventory", "products.update_inventory", "Update Inventory", PRODUCTS, about="How many are left", repeat="safe"
    ),
    LIST_COLLECTIONS,
    _one(f"GET {_COLLECTION}", "products.get_collection", "Get Collection", record="data", updated=None),
    _one(
        "POST /products/collections",
        "products.create_collection",
        "Create Collection",
        record="data",
        updated=None,
        repeat=listed(LIST_COLLECTIONS, "slug", within=("altId",), wrap="data"),
    ),
    declared(f"PUT {_COLLECTION}", "products.update_collection", "Update Collection", PRODUCTS),
    gone_is_done(declared(f"DELETE {_COLLECTION}", "products.delete_collection", "Delete Collection", PRODUCTS)),
    _list(
        "GET /products/reviews",
        "products.list_reviews",
        "List Product Reviews",
        "data",
        total="total",
        output=items_of(_REVIEW, "data", total=number()),
    ),
    declared(
        "PUT /products/reviews/{reviewId}",
        "products.update_review",
        "Update Product Review",
        PRODUCTS,
        about="Its status, or an answer to it",
    ),
    gone_is_done(declared("DELETE /products/reviews/{reviewId}", "products.delete_review", "Delete Product Review", PRODUCTS)),
    declared(
        "POST /products/bulk-update",
        "products.bulk_update",
        "Bulk Update Products",
        PRODUCTS,
        about="Prices, availability or collections of many at once",
    ),
)
