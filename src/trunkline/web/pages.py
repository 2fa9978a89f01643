"""The few pages a person's browser gets from the hub itself: plain, safe, and kept nowhere."""

from base64 import b64encode
from dataclasses import dataclass
from hashlib import sha256
from html import escape
from typing import Final

from starlette.responses import HTMLResponse, Response

_STYLE: Final = (
    "body{font:17px/1.6 system-ui,sans-serif;color:#1c2430;background:#f6f7f9;margin:0}"
    "main{max-width:34rem;margin:14vh auto;padding:2rem 2.25rem;background:#fff;border-radius:12px;box-shadow:0 1px 4px rgba(0,0,0,.12)}"
    "h1{font-size:1.35rem;margin:0 0 .75rem}p{margin:.5rem 0}.next{color:#465063}code{font-size:.95em}"
    "label{display:block;margin:.75rem 0 .25rem}"
    "input{font:inherit;width:100%;box-sizing:border-box;padding:.5rem .6rem;border:1px solid #8d97a5;border-radius:6px;"
    "background:inherit;color:inherit}"
    ".do{display:inline-block;font:inherit;margin-top:1.25rem;padding:.55rem 1.2rem;border:0;border-radius:6px;"
    "background:#1f5fd0;color:#fff;text-decoration:none;cursor:pointer}"
    ".do:focus-visible,input:focus-visible{outline:3px solid #7aa7ff}"
    "@media(prefers-color-scheme:dark){body{color:#e6e9ee;background:#14181f}main{background:#1e242e}.next{color:#aab3c2}}"
)
UNKEPT: Final = {"cache-control": "no-store", "x-content-type-options": "nosniff"}
"""Headers of answers that nobody on the way may keep, nor a browser take for something else."""
_HEADERS: Final = {
    **UNKEPT,
    "content-security-policy": (
        f"default-src 'none'; style-src 'sha256-{b64encode(sha256(_STYLE.encode()).digest()).decode()}'; "
        "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    ),
    "referrer-policy": "no-referrer",  # the address holds the code
    "x-frame-options": "DENY",
    "x-robots-tag": "noindex, nofollow",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """What a person reads: what happened, and what to do next. `form` is HTML of ours, put below the text as it is."""

    status: int
    title: str
    text: str
    next: str = ""
    form: str = ""

    def response(self) -> Response:
        """As HTML that loads nothing, runs nothing and is kept nowhere."""
        next = f'<p class="next">{escape(self.next)}</p>' if self.next else ""
        body = (
            '<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
            f"<title>{escape(self.title)}</title><style>{_STYLE}</style></head>"
            f"<body><main><h1>{escape(self.title)}</h1><p>{escape(self.text)}</p>{self.form}{next}</main></body></html>"
        )
        return HTMLResponse(body, status_code=self.status, headers=_HEADERS)
