"""MiniStack, which waits a moment before it does what Terraform asks: a network's delay, which loopback has not.

The AWS SDK for Go closes a request's body when an answer begins. Where its own thread has not sent all by then, it breaks the
connection, asks again, and is refused what is there already (https://github.com/aws/aws-sdk-go-v2/issues/2737).
"""

import asyncio
import tempfile

from ministack import app as ministack

DELAY_SECONDS = 0.005
answer = ministack.app


async def app(scope, receive, send):
    # Once all of the request is here, and not after what it does: a deploy that is broken off then would know nothing of it.
    async def receive_late():
        message = await receive()
        if not message.get("more_body"):
            await asyncio.sleep(DELAY_SECONDS)
        return message

    is_terraform = b"Terraform/" in dict(scope.get("headers", [])).get(b"user-agent", b"")
    await answer(scope, receive_late if is_terraform else receive, send)


ministack.app = app
# The lambdas' code lies there while it runs. Below the project, a lambda could use packages that its zip has not.
with tempfile.TemporaryDirectory(prefix="ministack-", ignore_cleanup_errors=True) as tempfile.tempdir:
    ministack.main()
