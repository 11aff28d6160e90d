"""Requires credentials, because the local AWS runs code as the user who started it, and every user and program can connect to it.

MiniStack takes the id of an account, or "test", for the key of that account's root user, and does not check the signature. Here
such a request is signed with the secret of this run, which only the user who started it can read. Keys that IAM made are left to
MiniStack, which checks their signatures. A request without credentials is answered only where AWS itself answers anybody.
"""

import json
from urllib.parse import parse_qs, quote

from gatekeeper import path_is_internal
from ministack import app as ministack
from ministack.core import router, sigv4
from ministack.core.iam_actions import unsigned_operations
from ministack.core.iam_evaluator import is_root_access_key

_HEALTH = ("/_ministack/health", "/_ministack/ready")


def required(app, secret):
    """
    :param app: the ASGI application that answers requests with good credentials
    :param secret: the secret access key of the root user of every account
    """

    async def checked(scope, receive, send):
        if scope["type"] not in ("http", "websocket"):
            return await app(scope, receive, send)
        request = _Request(scope)
        if request.has_credentials and not is_root_access_key(request.key):
            return await app(scope, receive, send)
        if scope["type"] == "http":
            request.body, receive = await _read(receive)
        if request.has_credentials:
            problem = _signature_problem(request, secret)
        else:
            problem = None if _is_public(request) else ("MissingAuthenticationToken", "Missing Authentication Token")
        if problem is None:
            return await app(scope, receive, send)
        await _refuse(scope, receive, send, request, *problem)

    return checked


class _Request:
    """A request as MiniStack reads it, so that both see the same key."""

    def __init__(self, scope):
        self.is_websocket = scope["type"] == "websocket"
        self.method = scope.get("method", "GET")
        self.path = scope["path"]
        self.raw_path = (scope.get("raw_path") or quote(scope["path"]).encode()).decode("latin-1")
        self.query = parse_qs(scope.get("query_string", b"").decode("utf-8", "replace"), keep_blank_values=True)
        self.headers = {}
        for name, value in scope.get("headers", []):
            key, text = name.decode("latin-1").lower(), sigv4.decode_header_value(value)
            self.headers[key] = f"{self.headers[key]},{text}" if key in self.headers else text
        self.body = b""
        self.authorization = self.headers.get("authorization", "")
        self.key = router.extract_access_key_id(self.headers, self.query)
        # Anything that looks like credentials is judged as credentials. So nothing gets a second look as an anonymous request.
        self.has_credentials = self.authorization.startswith("AWS") or any(
            name.lower() in ("x-amz-algorithm", "x-amz-credential", "x-amz-signature", "awsaccesskeyid") for name in self.query
        )


def _signature_problem(request, secret):
    """Why the request is not signed with the secret: (code, message), or None."""
    presigned = not request.authorization
    signature = sigv4.parse_query_signature(request.query) if presigned else sigv4.parse_header_signature(request.headers)
    if isinstance(signature, tuple):
        return signature
    if presigned and "X-Amz-Expires" in request.query:
        try:
            if sigv4.presigned_request_is_expired(signature.amz_date, request.query["X-Amz-Expires"][0]):
                return "RequestExpired", "Request has expired"
        except ValueError:
            return "RequestExpired", "Request has expired"
    else:
        skewed = sigv4.request_time_failure(signature)
        if skewed:
            return skewed
    return sigv4.header_signature_failure(
        signature, secret, request.method, request.raw_path, request.query, request.headers, request.body, presigned=presigned
    )


def _is_public(request):
    """Whether AWS answers this request without credentials."""
    if request.path in _HEALTH:
        return True
    if path_is_internal(request.path):
        return False
    if _reaches_api(request):
        return True
    if request.is_websocket:
        return False
    service = router.detect_service(request.method, request.path, request.headers, request.query)
    if service == "s3":
        # A bucket's policy decides. Nobody lists all buckets, and MiniStack does not check the signature of a form.
        is_object = request.path.strip("/") != "" or ministack._extract_s3_vhost_bucket(request.headers.get("host", "")) is not None
        return is_object and not request.headers.get("content-type", "").startswith("multipart/form-data")
    operation = request.headers.get("x-amz-target", "").rpartition(".")[2]
    if operation:
        return operation in unsigned_operations(service)
    form = parse_qs(request.body.decode("utf-8", "replace")) if "form" in request.headers.get("content-type", "") else {}
    actions = request.query.get("Action", []) + form.get("Action", [])
    return actions != [] and set(actions) <= unsigned_operations("sts")


def _reaches_api(request):
    """Whether the request is one to an HTTP API that exists: its routes say who may call them."""
    found = ministack._parse_execute_api_url(request.headers.get("host", ""), request.path)
    if found is None:
        return False
    return any(scope[-1] == found[0] for scope, _ in ministack._get_module("apigateway")._apis.all_items())


async def _read(receive):
    """Reads the body. @returns the body, and a receive that delivers it again"""
    messages = []
    while True:
        message = await receive()
        messages.append(message)
        if message["type"] != "http.request" or not message.get("more_body"):
            break
    body = b"".join(message.get("body", b"") for message in messages)
    rest = iter(messages)

    async def receive_again():
        return next(rest, None) or await receive()

    return body, receive_again


async def _refuse(scope, receive, send, request, code, message):
    if scope["type"] == "websocket":
        await receive()
        await send({"type": "websocket.close", "code": 1008})
        return
    error = f"<Code>{code}</Code><Message>{_escaped(message)}</Message>"
    if router.detect_service(request.method, request.path, request.headers, request.query) == "s3":
        text, kind = f"<Error>{error}</Error>", b"application/xml"
    elif "form" in request.headers.get("content-type", "") or "Action" in request.query:
        text, kind = f"<ErrorResponse><Error><Type>Sender</Type>{error}</Error></ErrorResponse>", b"text/xml"
    else:
        text, kind = json.dumps({"__type": code, "message": message}), b"application/x-amz-json-1.1"
    body = text.encode()
    headers = [(b"content-type", kind), (b"content-length", str(len(body)).encode()), (b"x-amzn-errortype", code.encode())]
    await send({"type": "http.response.start", "status": 403, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def _escaped(text):
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
