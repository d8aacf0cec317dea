"""HTTP with the standard library alone, to the host that was named: by no proxy, and following nothing elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from urllib.request import OpenerDirector  # 40 ms, which every command would wait for


def opener() -> OpenerDirector:
    """A redirection is an HTTPError: what it leads to has not been chosen by whoever wrote down the password."""
    import urllib.request

    class Here(urllib.request.HTTPRedirectHandler):
        def redirect_request(self, *asked: Any) -> None:
            """None: not followed."""

    return urllib.request.build_opener(urllib.request.ProxyHandler({}), Here)
