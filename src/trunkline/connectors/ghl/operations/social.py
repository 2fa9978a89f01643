"""Posts for social networks: planned, published, counted."""

from typing import Any, Final

from trunkline.connect.declaration import Operation
from trunkline.connectors.ghl.categories import SOCIAL
from trunkline.connectors.ghl.declaring import around, declared, gone_is_done
from trunkline.connectors.ghl.paging import by_offset, size, start
from trunkline.model.json import JSONObject
from trunkline.model.schema import Schema, boolean, text

POST_READ: Final = ("socialplanner/post.readonly",)
POST_WRITE: Final = ("socialplanner/post.write",)
"""The description names scopes for some calls of a kind only; these are their neighbours'."""

_USUAL: Final = 50
_UPDATED: Final = "updatedAt"
_OF: Final = "/social-media-posting/{locationId}"
_STATES: Final = ("in_progress", "draft", "failed", "published", "scheduled", "in_review", "notification_sent", "deleted")
_FIELDS: Final[dict[str, Schema]] = {
    "type": text(choices=("post", "story", "reel")),
    "status": text("published now, scheduled for later, or a draft", choices=_STATES),
    "scheduleDate": text("When it is published, if it is scheduled", format="date-time"),
}
"""The description types the first two as objects, and tells these words; a time without a zone is published at another hour."""


def _as_text(input: JSONObject) -> JSONObject:
    """This list wants numbers, and true and false, as text in its body."""
    spelt = {True: "true", False: "false"}
    given = {name: input[name] for name in ("limit", "skip", "includeUsers") if name in input}
    return {**input, **{name: spelt[value] if isinstance(value, bool) else str(value) for name, value in given.items()}}


_LIST: Final = declared(
    f"POST {_OF}/posts/list",
    "social.list_posts",
    "List Social Posts",
    SOCIAL,
    kind="read",
    add={"postType": text(choices=("post", "story", "reel"))},
    defaults={"limit": str(_USUAL), "skip": "0", "includeUsers": "true"},
    items="results.posts",
    id_field="_id",
    updated_field=_UPDATED,
    next_page=by_offset("results.posts", offset="skip", usual=_USUAL, total="results.count"),
)


def _list_input() -> Schema:
    fields: dict[str, Any] = {**_properties(_LIST.input), "limit": size(100), "skip": start(), "includeUsers": boolean()}
    return {**_LIST.input, "properties": fields}


def _properties(schema: Schema) -> dict[str, Any]:
    fields = schema["properties"]
    return dict(fields) if isinstance(fields, dict) else {}


LIST: Final = around(_LIST, before=_as_text, takes=_list_input)


def _some(key: str, id: str, title: str, items: str, total: str | None = None, **facts: Any) -> Operation:
    return declared(
        key,
        id,
        title,
        SOCIAL,
        add={"limit": size(100), "skip": start()},
        defaults={"limit": _USUAL, "skip": 0},
        items=items,
        id_field="_id",
        updated_field=_UPDATED,
        next_page=by_offset(items, offset="skip", usual=_USUAL, total=total),
        **facts,
    )


OPERATIONS: Final[tuple[Operation, ...]] = (
    LIST,
    declared(
        f"GET {_OF}/posts/{{id}}",
        "social.get_post",
        "Get Social Post",
        SOCIAL,
        record="results.post",
        id_field="_id",
        updated_field=_UPDATED,
        scopes=POST_READ,
    ),
    declared(
        f"POST {_OF}/posts",
        "social.create_post",
        "Create Social Post",
        SOCIAL,
        about="For one or more accounts (social.list_accounts), now or at a time",
        add=_FIELDS,
        record="results.post",
        id_field="_id",
        updated_field=_UPDATED,
    ),
    declared(f"PUT {_OF}/posts/{{id}}", "social.update_post", "Update Social Post", SOCIAL, add=_FIELDS, scopes=POST_WRITE),
    gone_is_done(declared(f"DELETE {_OF}/posts/{{id}}", "social.delete_post", "Delete Social Post", SOCIAL, scopes=POST_WRITE)),
    declared(
        f"GET {_OF}/accounts",
        "social.list_accounts",
        "List Social Accounts",
        SOCIAL,
        about="And the groups they are in",
        items="results.accounts",
        id_field="id",
    ),
    gone_is_done(
        declared(
            f"DELETE {_OF}/accounts/{{id}}",
            "social.remove_account",
            "Remove Social Account",
            SOCIAL,
            scopes=("socialplanner/account.write",),
        )
    ),
    _some(f"GET {_OF}/categories", "social.list_categories", "List Social Categories", "results.categories", "results.count"),
    _some(
        f"GET {_OF}/tags",
        "social.list_tags",
        "List Social Tags",
        "results.tags",
        "results.count",
        scopes=("socialplanner/tag.readonly",),
    ),
    declared(
        "POST /social-media-posting/statistics",
        "social.get_statistics",
        "Get Social Statistics",
        SOCIAL,
        kind="read",
        about="Posts, followers, reach and reactions of accounts in the last seven days, beside the seven before",
        scopes=("socialplanner/statistics.readonly",),
        record="results",
    ),
)
