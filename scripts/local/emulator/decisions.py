"""Records every decision of authorization, one line of JSON each.

The record answers which permission a caller lacks, also where the caller hides it: Terraform's provider swallows some refusals.
"""

import json
import os
import time

from ministack.core import iam_actions, iam_evaluator
from ministack.core.router import extract_access_key_id

# One earlier file of this size is kept: some 100,000 decisions.
MOST_BYTES = 32 * 1024 * 1024


def record(path):
    """Call it after the corrections, so that it sees the decisions that they lead to."""
    log = _Log(path)
    enforce = iam_evaluator.enforce
    extract_iam_action = iam_actions.extract_iam_action

    def recorded_enforce(access_key, action, service, region, resource_arn="*", service_context=None):
        result = enforce(access_key, action, service, region, resource_arn=resource_arn, service_context=service_context)
        for resource in getattr(resource_arn, "all", [resource_arn]):
            log.write(access_key, action, str(resource), service_context or {}, _decision(result))
        return result

    def recorded_extract(service, method, path, headers, body, query_params):
        action = extract_iam_action(service, method, path, headers, body, query_params)
        if action is None:
            key = extract_access_key_id(headers, query_params)
            log.write(key, f"{service}: {method} {path}", "*", {}, "NotChecked")
        return action

    iam_evaluator.enforce = recorded_enforce
    iam_actions.extract_iam_action = recorded_extract


def _decision(result):
    """Allow, Deny, ImplicitDeny, or the code of failed authentication."""
    return "Allow" if result is None else getattr(result, "decision", None) or getattr(result, "code", "Unknown")


class _Log:
    def __init__(self, path):
        self.path = path
        self.file = open(path, "a", buffering=1, encoding="utf-8")

    def write(self, access_key, action, resource, keys, decision):
        if self.file.tell() > MOST_BYTES:
            self.file.close()
            os.replace(self.path, f"{self.path}.1")
            self.file = open(self.path, "a", buffering=1, encoding="utf-8")
        entry = {
            "time": round(time.time(), 3),
            "principal": _principal(access_key),
            "action": action,
            "resource": resource,
            "keys": {name: value for name, value in keys.items() if value is not None},
            "decision": decision,
        }
        self.file.write(json.dumps(entry, default=str) + "\n")


def _principal(access_key):
    from ministack.services import sts

    return (sts._sessions.get(access_key) or {}).get("Arn") or access_key or "anonymous"
