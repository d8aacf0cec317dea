"""The HTTP applications: page, metrics, health, and the JSON behind the page.

           ┌ http.listen ─────▶ access ─▶ guard of POST ─▶ page, /api/v1/…, /metrics, health
Prometheus ┴ http.metrics_listen ─▶ /metrics alone, which tells no secrets
"""

from __future__ import annotations

from typing import Any, Final
from urllib.parse import urlsplit

from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest

from pipeline.web.access import BY, ROLE, USER, Access
from pipeline.web.answers import refused, told
from pipeline.web.api import Api, Sources, Told
from pipeline.web.assets import PAGE, Assets
from pipeline.web.sign_in import SIGN_IN, SIGN_OUT, SignIn

__all__ = ["PAGE", "SECURITY", "Sources", "application", "metrics_application"]

SECURITY: Final = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
        "frame-ancestors 'none'; base-uri 'none'; form-action 'self'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Cache-Control": "no-cache",
}
UNGUARDED: Final = frozenset({"/healthz"})
FOR_ALL: Final = frozenset({SIGN_IN, SIGN_OUT})
"""What may be posted without being an operator."""
_LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "::1"})


def application(sources: Sources, access: Access | None = None) -> web.Application:
    """The routes; with `access`, for its users only."""
    app = web.Application(middlewares=[*([access.middleware] if access else []), _guard_of(access)])
    app.on_response_prepare.append(_harden)
    app.router.add_get("/healthz", _healthz)
    app.router.add_get("/readyz", _readyz(sources.status, access))
    app.router.add_get("/metrics", _metrics(sources.registry))
    api = Api(sources, access)
    for routes in (api.routes(), SignIn(access, sources.audit).routes(), Assets().routes()):
        app.router.add_routes(routes)
    app.on_shutdown.append(api.end_streams)
    return app


def metrics_application(registry: CollectorRegistry) -> web.Application:
    """`/metrics` alone, for an address of its own."""
    app = web.Application()
    app.on_response_prepare.append(_harden)
    app.router.add_get("/metrics", _metrics(registry))
    return app


async def _harden(request: web.Request, response: web.StreamResponse) -> None:
    """Whatever is answered, errors included."""
    for name, value in SECURITY.items():
        response.headers.setdefault(name, value)


def _guard_of(access: Access | None) -> Any:
    @web.middleware
    async def guard(request: web.Request, handler: Any) -> web.StreamResponse:
        """Let nobody's web page read or change things in the name of who looks at it."""
        if access is None and request.path not in UNGUARDED and _host_name(request.host) not in _LOOPBACK:
            # Another name that leads here is how a foreign page would make itself this origin.
            raise refused(
                web.HTTPForbidden, f"without http.users_file nadi answers to localhost only, not to {request.host}"
            )
        if request.method == "POST":
            _check_post(request, access)
        response: web.StreamResponse = await handler(request)
        return response

    return guard


def _check_post(request: web.Request, access: Access | None) -> None:
    origin = request.headers.get("Origin")
    if origin is not None and urlsplit(origin).netloc.lower() != request.host.lower():
        raise refused(web.HTTPForbidden, f"Origin {origin} is not this nadi")
    if origin is None and request.get(BY) == "session":
        # Every browser tells its page's origin; the cookie alone proves nothing.
        raise refused(web.HTTPForbidden, "a session's POST needs an Origin; programs sign in with a password")
    if request.content_type != "application/json":
        raise refused(web.HTTPUnsupportedMediaType, "send application/json")
    if access is not None and request.path not in FOR_ALL and request.get(ROLE) != "operator":
        raise refused(web.HTTPForbidden, f"{request.get(USER)} is a {request.get(ROLE)}; this takes an operator")


def _host_name(host: str) -> str:
    return (urlsplit(f"//{host}").hostname or "").lower()


async def _healthz(request: web.Request) -> web.Response:
    return web.Response(text="alive\n")


def _readyz(status: Told, access: Access | None) -> Any:
    async def readyz(request: web.Request) -> web.Response:
        now = status()
        answer = {key: now[key] for key in ("ready", "problems", "notices")}
        if access is not None and USER not in request:
            answer = {"ready": now["ready"]}
        return told(answer, 200 if now["ready"] else 503)

    return readyz


def _metrics(registry: CollectorRegistry) -> Any:
    async def metrics(request: web.Request) -> web.Response:
        return web.Response(body=generate_latest(registry), headers={"Content-Type": CONTENT_TYPE_LATEST})

    return metrics
