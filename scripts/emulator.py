"""MiniStack, whose answers wait until Terraform has asked: a network's delay, which loopback has not.

The AWS SDK for Go closes a request's body when the head of the answer is there. Where its own thread
that sends the body has not come to the end by then, it breaks the connection, loses the answer and
asks again, and what is there already is refused (https://github.com/aws/aws-sdk-go-v2/issues/2737).
"""

import asyncio

from ministack import app as ministack

DELAY_SECONDS = 0.02
answer = ministack.app


async def app(scope, receive, send):
    async def send_later(message):
        if message["type"] == "http.response.start":
            await asyncio.sleep(DELAY_SECONDS)
        await send(message)

    is_terraform = b"Terraform/" in dict(scope.get("headers", [])).get(b"user-agent", b"")
    await answer(scope, receive, send_later if is_terraform else send)


ministack.app = app
ministack.main()
