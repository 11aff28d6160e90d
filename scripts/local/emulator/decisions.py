"""Records every decision of authorization, one line of JSON each.

The record answers which permission a caller lacks, also where the caller hides it: Terraform's provider swallows some refusals.
"""

import contextvars
import json
import os
import re
import time

from ministack.core import iam_actions, iam_evaluator
from ministack.core.router import extract_access_key_id

# One earlier file of this size is kept: some 100,000 decisions.
MOST_BYTES = 32 * 1024 * 1024

# What is evaluated while a request is judged, by action and resource: the condition keys, and the decision.
_evaluated = contextvars.ContextVar("evaluated", default=None)
# Whether the caller is a role that deploys.
_deploys = contextvars.ContextVar("deploys", default=False)
_DEPLOY_ROLE = re.compile(r":assumed-role/[^/]+-(plan|apply|smoke)/")


def record(path):
    """Call it after the corrections, so that it sees the decisions that they lead to."""
    log = _Log(path)
    enforce = iam_evaluator.enforce
    extract_iam_action = iam_actions.extract_iam_action

    evaluate = iam_evaluator.evaluate
    names_condition_key = iam_evaluator._names_condition_key

    def recorded_enforce(access_key, action, service, region, resource_arn="*", service_context=None):
        _deploys.set(_DEPLOY_ROLE.search(_principal(access_key)) is not None)
        result = None
        for resource in map(str, getattr(resource_arn, "all", [resource_arn])):
            evaluated = {}
            _evaluated.set(evaluated)
            result = enforce(access_key, action, service, region, resource_arn=resource, service_context=service_context)
            keys, _ = evaluated.pop((action, resource), (service_context or {}, None))
            # What a request needs besides: iam:PassRole, for instance.
            for (other_action, other_resource), (other_keys, decision) in evaluated.items():
                log.write(access_key, other_action, other_resource, other_keys, decision)
            is_refused_besides = any(decision != "Allow" for _, decision in evaluated.values())
            log.write(access_key, action, resource, keys, "Allow" if is_refused_besides else _decision(result))
            if result is not None:
                return result
        return result

    def recorded_evaluate(context, *args):
        result = evaluate(context, *args)
        evaluated = _evaluated.get()
        if evaluated is not None:
            # The first is by the caller's own policies. Those of the resource follow.
            evaluated.setdefault((context.action, context.resource_arn), (context.service_context, result.decision))
        return result

    def recorded_names_condition_key(policies, key):
        # The tags of each resource, so that the decision can be made again for other roles.
        return _deploys.get() or names_condition_key(policies, key)

    def recorded_extract(service, method, path, headers, body, query_params):
        action = extract_iam_action(service, method, path, headers, body, query_params)
        if action is None:
            key = extract_access_key_id(headers, query_params)
            log.write(key, f"{service}: {method} {path}", "*", {}, "NotChecked")
        return action

    iam_evaluator.enforce = recorded_enforce
    iam_evaluator.evaluate = recorded_evaluate
    iam_evaluator._names_condition_key = recorded_names_condition_key
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
