"""Runs MiniStack, and delays every request of Terraform a little, as a network does.

Without a delay, Terraform loses responses: the AWS SDK for Go closes the body of a request when the response begins. If its
goroutine that writes the body has not finished by then, the SDK breaks the connection and sends the request again. The second
request fails because the first one has already created the resource. See https://github.com/aws/aws-sdk-go-v2/issues/2737.
"""

import asyncio
import tempfile

from ministack import app as ministack

DELAY_SECONDS = 0.005

handle_request = ministack.app


async def app(scope, receive, send):
    async def receive_with_delay():
        # The delay comes before MiniStack acts on the request. A delay after it would be worse: if Ctrl-C interrupted Terraform
        # during that delay, the resource would exist without Terraform's knowledge.
        message = await receive()
        is_complete = not message.get("more_body")
        if is_complete:
            await asyncio.sleep(DELAY_SECONDS)
        return message

    user_agent = dict(scope.get("headers", [])).get(b"user-agent", b"")
    is_from_terraform = b"Terraform/" in user_agent
    await handle_request(scope, receive_with_delay if is_from_terraform else receive, send)


ministack.app = app

# MiniStack unpacks the code of the lambdas into this folder. It is outside the project because a lambda inside it could import
# packages from the project's node_modules that its zip does not contain.
with tempfile.TemporaryDirectory(prefix="ministack-", ignore_cleanup_errors=True) as tempfile.tempdir:
    ministack.main()
