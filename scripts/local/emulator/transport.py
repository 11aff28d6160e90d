"""Makes a request on loopback look as it does on AWS."""

import asyncio

# A network's delay, which loopback does not have: docs/decisions/0008-no-early-answers.md
DELAY_SECONDS = 0.005


def as_on_aws(app):
    async def adapted(scope, receive, send):
        if scope["type"] != "http":
            return await app(scope, receive, send)
        headers = _with_tls(_with_authority(scope))
        is_terraform = any(name == b"user-agent" and b"Terraform/" in value for name, value in headers)
        return await app({**scope, "headers": headers}, _delayed(receive) if is_terraform else receive, send)

    return adapted


def _with_tls(headers):
    """Policies demand TLS (aws:SecureTransport). On AWS every SDK call has it, and on loopback nobody can listen in."""
    return [(name, value) for name, value in headers if name != b"x-forwarded-proto"] + [(b"x-forwarded-proto", b"https")]


def _with_authority(scope):
    """Clients of HTTP/2 (Kinesis) sign the pseudo-header :authority, which the server drops. Without it no signature is right."""
    headers = list(scope["headers"])
    if scope.get("http_version") == "2":
        headers += [(b":authority", value) for name, value in headers if name == b"host"]
    return headers


def _delayed(receive):
    """Waits once all of the request is here, and not after what it does: Terraform would not know of a change that Ctrl-C cuts off then."""

    async def receive_late():
        message = await receive()
        if not message.get("more_body"):
            await asyncio.sleep(DELAY_SECONDS)
        return message

    return receive_late
