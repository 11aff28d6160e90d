"""Refuses what comes from a web page or by a foreign name, because the local AWS runs code as the user who started it.

MiniStack answers every origin and every Host. Without this, any page that the developer opens could create and invoke a
lambda, which is a process of the developer (a cross-origin POST with text/plain needs no preflight), and a page could reach
the local AWS by a host name of its own that resolves to 127.0.0.1 (DNS rebinding).
"""

import ipaddress
import json
import re
from urllib.parse import urlsplit


def refuse_foreign(app, reaches_api, is_bucket_cors):
    """
    :param app: the ASGI application that answers everything else
    :param reaches_api: whether a path is one of an HTTP API that exists: (path) -> bool
    :param is_bucket_cors: whether an S3 bucket's own CORS rules allow a request: (method, host, path, headers) -> bool
    """

    async def guarded(scope, receive, send):
        problem = _problem(scope, reaches_api, is_bucket_cors) if scope["type"] in ("http", "websocket") else None
        if problem is None:
            return await app(scope, receive, send)
        return await _refuse(scope, receive, send, problem)

    return guarded


# MiniStack's own addresses: they empty it, show the messages of every queue and the code of every lambda, and need no credentials.
_INTERNAL = re.compile(r"^/(_ministack|_localstack|latest|v2/credentials)(/|$)", re.IGNORECASE)
HARMLESS = ("/_ministack/health", "/_ministack/ready")


def _is_internal(path):
    """Whether MiniStack itself answers at a path, not a service of AWS."""
    return _INTERNAL.match(path) is not None


def _problem(scope, reaches_api, is_bucket_cors):
    headers = _headers(scope)
    host = headers.get("host", "")
    if not is_loopback(_host_name(host)):
        return f'The local AWS answers to loopback names only, and the Host is "{host}". Use 127.0.0.1 or localhost.'
    path = scope["path"]
    if _is_internal(path) and path not in HARMLESS:
        return f"The local AWS does not serve {path}. To start again with an empty one: npm run local:down, then npm run local."
    origin = headers.get("origin")
    site = headers.get("sec-fetch-site", "none")
    # A page can have the browser load an address in advance. Chromium sends that like an address that the developer typed.
    is_in_advance = "sec-purpose" in headers or "purpose" in headers
    if origin is None and site == "none" and not is_in_advance:
        return None  # A program, or an address that the developer typed into a browser.
    if _is_own_page(origin, site) and not is_in_advance and reaches_api(path):
        return None
    method = scope.get("method", "GET")
    if scope["type"] == "http" and origin is not None and "x-amz-target" not in headers and is_bucket_cors(method, host, path, headers):
        return None
    return (
        f'The local AWS does not answer web pages, and this request comes from one (Origin: {origin}, Sec-Fetch-Site: {site}). '
        "A page on localhost can call an HTTP API at its own address, and a bucket whose CORS rules allow the page."
    )


def _is_own_page(origin, site):
    """A page that this machine serves. Its port does not matter, and neither does whether it says localhost or 127.0.0.1."""
    if origin is None:
        return site in ("same-origin", "same-site")
    parts = urlsplit(origin)
    return parts.scheme in ("http", "https") and is_loopback(parts.hostname or "")


def is_loopback(name):
    if name == "localhost" or name.endswith(".localhost"):
        return True  # Browsers and resolvers keep these names on the machine: RFC 6761, section 6.3.
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


def _host_name(host):
    return (urlsplit(f"//{host}").hostname or "").rstrip(".").lower() if _is_plain(host) else ""


def _is_plain(host):
    """Whether it is a name or an address with at most a port. Other characters are read differently by different parsers."""
    return re.fullmatch(r"(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(:\d+)?", host) is not None


def _headers(scope):
    headers = {}
    for name, value in scope.get("headers", []):
        key = name.decode("latin-1").lower()
        text = value.decode("latin-1")
        # The same field twice is one list. A second Host or Origin then matches nothing that is allowed.
        headers[key] = f"{headers[key]}, {text}" if key in headers else text
    return headers


async def _refuse(scope, receive, send, problem):
    if scope["type"] == "websocket":
        await receive()
        await send({"type": "websocket.close", "code": 1008})
        return
    body = json.dumps({"message": problem}).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 403, "headers": headers})
    await send({"type": "http.response.body", "body": body})
