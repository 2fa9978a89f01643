"""Blogs: sites, authors, categories, posts."""

from typing import Final

from trunkline.connect.declaration import Operation
from trunkline.connectors.ghl.categories import OTHER
from trunkline.connectors.ghl.declaring import declared, listed
from trunkline.connectors.ghl.paging import by_offset, size, start

_USUAL: Final = 50
_UPDATED: Final = "updatedAt"


def _list(key: str, id: str, title: str, items: str, *, offset: str = "offset", updated: str | None = _UPDATED) -> Operation:
    return declared(
        key,
        id,
        title,
        OTHER,
        add={"limit": size(), offset: start()},
        defaults={"limit": _USUAL, offset: 0},
        items=items,
        id_field="_id",
        updated_field=updated,
        next_page=by_offset(items, offset=offset, usual=_USUAL),
    )


LIST_POSTS: Final = _list("GET /blogs/posts/all", "blogs.list_posts", "Get Blog Posts", "blogs")

OPERATIONS: Final[tuple[Operation, ...]] = (
    declared(
        "GET /blogs/posts/url-slug-exists",
        "blogs.check_slug",
        "Check Blog URL Slug",
        OTHER,
        about="Whether it is taken; give the post's own id when it is about to be changed",
    ),
    _list("GET /blogs/authors", "blogs.list_authors", "Get Blog Authors", "authors"),
    _list("GET /blogs/categories", "blogs.list_categories", "Get Blog Categories", "categories"),
    LIST_POSTS,
    _list("GET /blogs/site/all", "blogs.list", "Get Blogs by Location", "data", offset="skip", updated=None),
    declared(
        "POST /blogs/posts",
        "blogs.create_post",
        "Create Blog Post",
        OTHER,
        about="Needs a blog, an author and categories: blogs.list, blogs.list_authors, blogs.list_categories",
        record="data",
        id_field="_id",
        updated_field=_UPDATED,
        repeat=listed(LIST_POSTS, "urlSlug", within=("blogId", "locationId"), wrap="data"),
    ),
    declared(
        "PUT /blogs/posts/{postId}",
        "blogs.update_post",
        "Update Blog Post",
        OTHER,
        about="The whole post: the vendor keeps nothing that is left out, and does not give its text back to be merged",
        record="updatedBlogPost",
        id_field="_id",
        updated_field=_UPDATED,
    ),
)
