"""Requires credentials, because the local AWS runs code as the user who started it, and every user and program can connect to it.

MiniStack takes the id of an account, "test", or no key at all for the root user of an account, and does not check its signature. Here
the root user's requests are signed with the secret of this run, which only the user who started it can read. Keys that IAM made are
left to MiniStack, which checks their signatures.

Without credentials, three kinds of requests are answered, and nothing else, because MiniStack reads a request in more ways than can
be foreseen here: calls of an HTTP API that exists, the preflight of a browser, and the exchange of a web identity. Besides, whatever
MiniStack makes of a request, it does not take its sender for the root user unless the secret was proven.
"""

import base64
import contextvars
import dataclasses
import functools
import hashlib
import hmac
import json
import sys
from urllib.parse import parse_qs, quote

from gatekeeper import HARMLESS
from ministack import app as ministack
from ministack.core import iam_evaluator, router, sigv4

# Whether the request that is handled proved the secret. What MiniStack does by itself, outside of a request, it may do as root.
_root_is_proven = contextvars.ContextVar("root_is_proven", default=True)


def required(app, secret):
    """
    :param app: the ASGI application that answers requests with good credentials
    :param secret: the secret access key of the root user of every account
    """
    _resolve_root_only_if_proven(secret)

    async def checked(scope, receive, send):
        if scope["type"] not in ("http", "websocket"):
            return await app(scope, receive, send)
        request = _Request(scope)
        if scope["type"] == "http":
            request.body, receive = await _read(receive)
        is_root = request.has_credentials and iam_evaluator.is_root_access_key(request.key)
        is_public = not request.has_credentials and _is_public(request, secret)
        if is_root:
            problem = _signature_problem(request, secret)
        elif request.has_credentials or is_public:
            problem = None
        else:
            problem = ("MissingAuthenticationToken", "Missing Authentication Token")
        if problem is not None:
            return await _refuse(receive, send, request, *problem)
        # For MiniStack, the sender of a public request is the root user too. With a header of another kind, it would not even ask.
        _root_is_proven.set(is_root or (is_public and request.authorization == ""))
        await app(scope, receive, send)

    return checked


def _resolve_root_only_if_proven(secret):
    original = iam_evaluator.resolve_credential

    @functools.wraps(original)
    def resolve_credential(access_key_id, *args, **kwargs):
        if not iam_evaluator.is_root_access_key(access_key_id):
            return original(access_key_id, *args, **kwargs)
        if not _root_is_proven.get():
            return iam_evaluator._unknown_access_key()
        credential = original(access_key_id, *args, **kwargs)
        # S3 checks the signature of an address that was signed in advance a second time.
        is_credential = isinstance(credential, iam_evaluator.ResolvedCredential)
        return dataclasses.replace(credential, secret_access_key=secret) if is_credential else credential

    for name, module in list(sys.modules.items()):
        if name.startswith("ministack.") and getattr(module, "resolve_credential", None) is original:
            module.resolve_credential = resolve_credential


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
    # An address of an object that was signed in advance is given to others. It must not reach another service.
    is_for_s3 = router.detect_service(request.method, request.path, request.headers, request.query) == "s3"
    if signature.service == "s3" and (not is_for_s3 or "x-amz-target" in request.headers or "Action" in request.query):
        return "SignatureDoesNotMatch", "The request is signed for S3, and goes to another service."
    return sigv4.header_signature_failure(
        signature, secret, request.method, request.raw_path, request.query, request.headers, request.body, presigned=presigned
    )


def _is_public(request, secret):
    """Whether the request is answered without credentials."""
    if request.path in HARMLESS:
        return True
    if reaches_api(request.path):
        return _may_call_route(request)
    if request.is_websocket or request.authorization:
        return False
    if request.method == "OPTIONS":
        return request.body == b"" and not request.query and "x-amz-target" not in request.headers
    return _is_web_identity(request, secret)


def reaches_api(path):
    """Whether a path is one of an HTTP API that exists: its routes say who may call them."""
    found = ministack._parse_execute_api_url("", path) if path.startswith("/_aws/execute-api/") else None
    if found is None or found[2].startswith("/@connections"):
        return False
    return any(scope[-1] == found[0] for scope, _ in ministack._get_module("apigateway")._apis.all_items())


def _may_call_route(request):
    """Whether the route can be called without AWS credentials. MiniStack takes any other header for those of the root user."""
    api, stage, path = ministack._parse_execute_api_url("", request.path)
    stage, path = ministack._resolve_stage_and_path(api, stage, path)
    kind = ministack._execute_api_authorization_type(api, stage, request.method, path)
    return kind != "AWS_IAM" or request.authorization == ""


def _is_web_identity(request, secret):
    """
    Whether it is the exchange of a web identity, in the one form in which the SDKs send it, with a token of the owner of this run.
    There is no issuer on the machine, so that the secret of the run signs the token: base64url(HMAC-SHA256(secret, header.payload)).
    """
    unusual = ("content-encoding", "x-amz-content-sha256", "x-amz-decoded-content-length", "x-amz-target")
    if request.method != "POST" or request.path != "/" or request.query or any(name in request.headers for name in unusual):
        return False
    if request.headers.get("content-type", "").split(";")[0].strip() != "application/x-www-form-urlencoded":
        return False
    form = parse_qs(request.body.decode("utf-8", "replace"), keep_blank_values=True)
    if form.get("Action") != ["AssumeRoleWithWebIdentity"]:
        return False
    signed, _, signature = form.get("WebIdentityToken", [""])[0].rpartition(".")
    digest = hmac.new(secret.encode(), signed.encode(), hashlib.sha256).digest()
    return hmac.compare_digest(base64.urlsafe_b64encode(digest).rstrip(b"="), signature.encode())


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


async def _refuse(receive, send, request, code, message):
    if request.is_websocket:
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
