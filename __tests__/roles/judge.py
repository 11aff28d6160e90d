"""Judges recorded calls for other roles than the one that made them, without making them again.

Reads {"calls": [{"action", "resource", "keys"}], "roles": [{"policy", "boundary"}]} from standard input, and prints for each call the
indexes of the roles that may make it. The local AWS decides in the same way: this uses its evaluator and its corrections.

    python judge.py scripts/local/emulator < calls.json
"""

import json
import sys

sys.path.insert(0, sys.argv[1])

import authorization
from ministack.core import iam_evaluator

authorization.install()

given = json.load(sys.stdin)
roles = [[iam_evaluator.parse_policy_document(role[part]) for part in ("policy", "boundary")] for role in given["roles"]]


def may(role, call):
    policy, boundary = role
    context = iam_evaluator.EvalContext(
        principal_arn="arn:aws:sts::111111111111:assumed-role/role/session",
        principal_type="AssumedRole",
        principal_account="111111111111",
        action=call["action"],
        resource_arn=call["resource"],
        region="eu-west-1",
        source_ip="127.0.0.1",
        secure_transport=True,
        service_context={key.lower(): value for key, value in call["keys"].items()},
    )
    return iam_evaluator.evaluate(context, [policy], [boundary]).decision == "Allow"


json.dump([[index for index, role in enumerate(roles) if may(role, call)] for call in given["calls"]], sys.stdout)
