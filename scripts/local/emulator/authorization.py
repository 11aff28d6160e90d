"""Corrects MiniStack's authorization where it differs from AWS.

Each correction stands alone: it replaces functions of MiniStack by name, and says which documented behavior of AWS it adds.
`__tests__/emulator/` runs the calls that need it with and without the corrections. A correction whose calls come out right
without it is reported there: then an upgrade of MiniStack has made it unnecessary, and it can be removed.
The source of actions, resources and condition keys is
https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html
"""

import contextvars
import dataclasses
import json
import re
import time

from ministack import app as ministack
from ministack.core import iam_actions, iam_evaluator
from ministack.core.responses import get_account_id, get_region
from ministack.core.router import extract_access_key_id
from ministack.services import tagging
from replace import Named, replaces

# The request that is being authorized.
_request = contextvars.ContextVar("request", default=None)
# The action and the resource that were refused, where they are not those of the request: iam:PassRole, for instance.
_refused = contextvars.ContextVar("refused", default=None)

correction = Named()


def install():
    """Installs all corrections, and what they share. Call it once, before MiniStack starts."""
    _share_the_request()
    _check_every_resource()
    correction.install()


# What the corrections share.


def _share_the_request():
    @replaces(iam_actions, "extract_iam_action")
    def extract_iam_action(original, service, method, path, headers, body, query_params):
        request = {"service": service, "method": method, "path": path, "headers": headers, "body": body, "params": query_params}
        _request.set(request)
        _refused.set(None)
        return original(service, method, path, headers, body, query_params)

    @replaces(iam_actions, "access_denied_response")
    def access_denied_response(original, service, action, principal_arn, *args, resource_arn="*", **kwargs):
        action, resource_arn = _refused.get() or (action, resource_arn)
        return original(service, action, principal_arn, *args, resource_arn=str(resource_arn), **kwargs)


class _Resources(str):
    """Several resources of one request, each of which must be allowed. As a text it is the first."""

    def __new__(cls, arns):
        self = super().__new__(cls, arns[0])
        self.all = list(arns)
        return self


def _check_every_resource():
    @replaces(iam_evaluator, "enforce")
    def enforce(original, access_key, action, service, region, resource_arn="*", service_context=None):
        for each in getattr(resource_arn, "all", [resource_arn]):
            denied = original(access_key, action, service, region, resource_arn=str(each), service_context=service_context)
            if denied:
                return denied
        return None


def _json(body):
    try:
        value = json.loads(body) if body[:1] == b"{" else {}
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


def _parameter(params, name):
    value = params.get(name, "")
    return value[0] if isinstance(value, list) else value


def _members(params, name):
    return [_parameter(params, key) for key in sorted(params) if re.fullmatch(rf"{name}\.member\.\d+", key)]


def _resource_of(service):
    """Replaces the resource of a service's requests by what `find` answers for (action, body, params, arn), if it answers."""

    def register(find):
        @replaces(iam_actions, "extract_resource_arn")
        def extract_resource_arn(original, requested, method, path, headers, body, params, region, account):
            if requested == service:
                request = {"method": method, "path": path, "target": headers.get("x-amz-target", ""), "body": _json(body), "params": params}

                def arn(service_name, resource, in_region=region, in_account=account):
                    return f"arn:aws:{service_name}:{in_region}:{in_account}:{resource}"

                found = find(request, arn)
                if found:
                    return found if isinstance(found, str) else _Resources(found)
            return original(requested, method, path, headers, body, params, region, account)

        return find

    return register


# Lambda.


@correction("lambda-operations")
def lambda_operations():
    """A request is judged as the operation that it is: MiniStack takes UpdateAlias for ListAliases, for instance."""
    iam_actions._BOTOCORE_SERVICE_MAP["lambda"] = ["lambda"]

    @replaces(iam_actions, "_lambda_action")
    def lambda_action(original, method, path):
        operation = iam_actions._match_rest_action("lambda", method, path)
        invocations = {"Invoke": "InvokeFunction", "InvokeAsync": "InvokeFunction", "InvokeWithResponseStream": "InvokeFunction"}
        return invocations.get(operation, operation) or original(method, path)


@correction("lambda-new-function")
def lambda_new_function():
    """CreateFunction is a request for the function of that name."""

    @_resource_of("lambda")
    def resource(request, arn):
        name = request["body"].get("FunctionName")
        if request["method"] == "POST" and request["path"].rstrip("/").endswith("/functions") and name:
            return name if name.startswith("arn:") else arn("lambda", f"function:{name}")


@correction("lambda-function-arn-key")
def lambda_function_arn_key():
    """Requests for an event source mapping carry lambda:FunctionArn, the function that it invokes."""

    @replaces(iam_evaluator, "enforce")
    def enforce(original, access_key, action, service, region, resource_arn="*", service_context=None):
        if action.startswith("lambda:") and action.endswith("EventSourceMapping"):
            function = _mapped_function(resource_arn)
            if function:
                service_context = {**(service_context or {}), "lambda:functionarn": function}
        return original(access_key, action, service, region, resource_arn=resource_arn, service_context=service_context)

    def _mapped_function(resource_arn):
        from ministack.services import lambda_svc

        request = _request.get() or {}
        name = _json(request.get("body") or b"").get("FunctionName")
        mapping = re.search(r":event-source-mapping:(.+)$", str(resource_arn))
        if mapping:
            name = (lambda_svc._esms.get(mapping[1]) or {}).get("FunctionArn")
        if not name or name.startswith("arn:"):
            return name
        return f"arn:aws:lambda:{get_region()}:{get_account_id()}:function:{name}"


@correction("lambda-mapping-tags")
def lambda_mapping_tags():
    """An event source mapping has tags."""
    original = tagging._RESOURCE_TAG_COLLECTORS["lambda"]

    def collect():
        from ministack.services import lambda_svc

        yield from original()
        for uuid, mapping in lambda_svc._esms.items():
            tags = mapping.get("Tags") or mapping.get("tags") or {}
            yield f"arn:aws:lambda:{get_region()}:{get_account_id()}:event-source-mapping:{uuid}", _tag_list(tags)

    tagging._RESOURCE_TAG_COLLECTORS["lambda"] = collect


def _tag_list(tags):
    return [{"Key": key, "Value": value} for key, value in tags.items()]


# Resources that MiniStack takes for "*".


@correction("cloudwatch-alarms-and-dashboards")
def cloudwatch_resources():
    """Requests for alarms and dashboards name them. DescribeAlarms has no resource-level permissions, so it stays as it is."""

    @_resource_of("monitoring")
    def resource(request, arn):
        body, params = request["body"], request["params"]
        operation = _parameter(params, "Action") or request["target"].rsplit(".", 1)[-1]
        if operation == "DescribeAlarms":
            return None
        alarms = _members(params, "AlarmNames") or body.get("AlarmNames")
        if alarms:
            return [arn("cloudwatch", f"alarm:{name}") for name in alarms]
        dashboards = _members(params, "DashboardNames") or body.get("DashboardNames")
        dashboard = _parameter(params, "DashboardName") or body.get("DashboardName")
        if dashboards or dashboard:
            return [arn("cloudwatch", f"dashboard/{name}", in_region="") for name in dashboards or [dashboard]]
        return _parameter(params, "ResourceARN") or body.get("ResourceARN")


@correction("dynamodb-tagged-resource")
def dynamodb_tagged_resource():
    """Requests for tags name the table by its ARN."""

    @_resource_of("dynamodb")
    def resource(request, arn):
        return request["body"].get("ResourceArn")


@correction("sns-tagged-topic")
def sns_tagged_topic():
    """Requests for tags name the topic. Requests for a subscription have no resource-level permissions."""

    @_resource_of("sns")
    def resource(request, arn):
        params = request["params"]
        return "*" if _parameter(params, "SubscriptionArn") else _parameter(params, "ResourceArn") or None


@correction("events-rule")
def events_rule():
    """Requests for a rule's targets and tags name the rule, and not the bus."""

    @_resource_of("events")
    def resource(request, arn):
        body = request["body"]
        if body.get("ResourceARN"):
            return body["ResourceARN"]
        operation = request["target"].rsplit(".", 1)[-1]
        rule = body.get("Rule") or (body.get("Name") if operation.endswith("Rule") else None)
        if rule:
            bus = (body.get("EventBusName") or "default").rsplit("/", 1)[-1]
            return arn("events", f"rule/{rule}" if bus == "default" else f"rule/{bus}/{rule}")


@correction("events-bus")
def events_bus():
    """Requests for a bus or an archive name it. CreateArchive is a request for the bus that it copies, too."""

    @_resource_of("events")
    def resource(request, arn):
        body = request["body"]
        operation = request["target"].rsplit(".", 1)[-1]
        if operation.endswith("EventBus") and body.get("Name"):
            return arn("events", f"event-bus/{body['Name'].rsplit('/', 1)[-1]}")
        if operation.endswith("Archive") and body.get("ArchiveName"):
            archive = arn("events", f"archive/{body['ArchiveName']}")
            return [archive, body["EventSourceArn"]] if body.get("EventSourceArn") else archive


@correction("kms-alias")
def kms_alias():
    """Requests for an alias are requests for the alias and for its key."""

    @_resource_of("kms")
    def resource(request, arn):
        body = request["body"]
        alias = body.get("AliasName")
        if not alias:
            return None
        from ministack.services import kms

        key = body.get("TargetKeyId") or (kms._aliases.get(alias) if hasattr(kms, "_aliases") else None)
        key = key.get("TargetKeyId") if isinstance(key, dict) else key
        key_arn = key if not key or key.startswith("arn:") else arn("kms", f"key/{key}")
        return [each for each in (arn("kms", alias), key_arn) if each]


# The kinds of resource by the prefix of their ids, and what a request creates.
_EC2_KINDS = {
    "eipalloc": "elastic-ip", "fl": "vpc-flow-log", "igw": "internet-gateway", "nat": "natgateway", "rtb": "route-table",
    "sg": "security-group", "sgr": "security-group-rule", "subnet": "subnet", "vpc": "vpc", "vpce": "vpc-endpoint",
}  # fmt: skip
_EC2_CREATED = {
    "AllocateAddress": "elastic-ip", "CreateFlowLogs": "vpc-flow-log", "CreateInternetGateway": "internet-gateway",
    "CreateNatGateway": "natgateway", "CreateRouteTable": "route-table", "CreateSecurityGroup": "security-group",
    "CreateSubnet": "subnet", "CreateVpc": "vpc", "CreateVpcEndpoint": "vpc-endpoint",
}  # fmt: skip


@correction("ec2-resources")
def ec2_resources():
    """Requests of EC2 name each resource that they use, and what they create. Describe… has no resource-level permissions."""

    @_resource_of("ec2")
    def resource(request, arn):
        params = request["params"]
        operation = _parameter(params, "Action")
        if operation.startswith("Describe"):
            return "*"
        found = [arn("ec2", f"{_EC2_CREATED[operation]}/*")] if operation in _EC2_CREATED else []
        for value in params.values():
            for each in value if isinstance(value, list) else [value]:
                prefix = re.fullmatch(r"([a-z]+)-[0-9a-f]+", each)
                # Rules of a security group can be tagged, and are no resources of any other request.
                if prefix and prefix[1] in _EC2_KINDS and (prefix[1] != "sgr" or operation.endswith("Tags")):
                    found.append(arn("ec2", f"{_EC2_KINDS[prefix[1]]}/{each}"))
        for association in _associations(params):
            found.append(arn("ec2", f"route-table/{association}"))
        return list(dict.fromkeys(found)) or None

    def _associations(params):
        """The route table of an association, by whose id Terraform asks to end it."""
        from ministack.services import ec2

        wanted = _parameter(params, "AssociationId")
        for table_id, table in ec2._route_tables.items() if wanted else ():
            for association in table.get("Associations", []):
                if wanted in (association.get("RouteTableAssociationId"), association.get("AssociationId")):
                    yield table_id


@correction("ssm-several-parameters")
def ssm_several_parameters():
    """GetParameters, DeleteParameters and GetParametersByPath name each parameter, or the path."""

    @_resource_of("ssm")
    def resource(request, arn):
        body = request["body"]
        parameters = body.get("Names") or ([body["Path"]] if body.get("Path") else [])
        return [arn("ssm", f"parameter/{name.lstrip('/')}") for name in parameters] or None


@correction("kinesis-consumer")
def kinesis_consumer():
    """Requests for a consumer of a stream name it."""

    @_resource_of("kinesis")
    def resource(request, arn):
        return request["body"].get("ConsumerARN")


# IAM.


def _role(account, name):
    from ministack.services import iam

    return iam._roles.get_scoped(account, None, name)


@correction("iam-paths")
def iam_paths():
    """The ARN of a role or a policy contains its path."""

    @_resource_of("iam")
    def resource(request, arn):
        params = request["params"]
        name = _parameter(params, "RoleName")
        path = _parameter(params, "Path") or "/"
        if name:
            known = _role(get_account_id(), name) or {}
            return known.get("Arn") or arn("iam", f"role{path}{name}", in_region="")
        if _parameter(params, "Action") == "CreatePolicy":
            return arn("iam", f"policy{path}{_parameter(params, 'PolicyName')}", in_region="")


@correction("iam-permissions-boundary-key")
def iam_permissions_boundary_key():
    """Requests carry iam:PermissionsBoundary: the boundary that they set, or that the role already has."""

    @replaces(iam_actions, "request_tag_context")
    def request_tag_context(original, service, action, body, params):
        context = original(service, action, body, params)
        if service != "iam":
            return context
        boundary = _parameter(params, "PermissionsBoundary")
        role = _parameter(params, "RoleName")
        if not boundary and role and action != "iam:CreateRole":
            boundary = (_role(get_account_id(), role) or {}).get("PermissionsBoundary")
        return {**context, "iam:PermissionsBoundary": boundary} if boundary else context


@correction("iam-pass-role")
def iam_pass_role():
    """A request that gives a role to a service also needs iam:PassRole on that role, for that service."""

    @replaces(iam_evaluator, "enforce")
    def enforce(original, access_key, action, service, region, resource_arn="*", service_context=None):
        denied = original(access_key, action, service, region, resource_arn=resource_arn, service_context=service_context)
        request = _request.get()
        if denied or not request or request["service"] != service:
            return denied
        for role, to in _passed_roles(request):
            keys = {"iam:passedtoservice": to, "iam:associatedresourcearn": str(resource_arn)}
            denied = original(access_key, "iam:PassRole", "iam", region, resource_arn=role, service_context=keys)
            if denied:
                _refused.set(("iam:PassRole", role))
                return denied
        return None

    def _passed_roles(request):
        body = _json(request["body"])
        operation = request["headers"].get("x-amz-target", "").rsplit(".", 1)[-1] or _parameter(request["params"], "Action")
        if request["service"] == "lambda" and body.get("Role"):
            yield body["Role"], "lambda.amazonaws.com"
        if request["service"] == "scheduler" and (body.get("Target") or {}).get("RoleArn"):
            yield body["Target"]["RoleArn"], "scheduler.amazonaws.com"
        if request["service"] == "events" and operation == "PutTargets":
            for target in body.get("Targets", []):
                if target.get("RoleArn"):
                    yield target["RoleArn"], "events.amazonaws.com"
        if request["service"] == "ec2" and operation == "CreateFlowLogs":
            yield _parameter(request["params"], "DeliverLogsPermissionArn"), "vpc-flow-logs.amazonaws.com"


@correction("policy-variables")
def policy_variables():
    """A policy can refer to the keys of a request: ${aws:PrincipalTag/domain}."""

    @replaces(iam_evaluator, "_first_match")
    def first_match(original, context, statements, effect):
        return original(context, [_filled(statement, context) for statement in statements], effect)

    def _filled(statement, context):
        if not any("${" in text for text in _texts([statement.resources, statement.not_resources, statement.conditions])):
            return statement
        return dataclasses.replace(
            statement,
            resources=_fill(statement.resources, context),
            not_resources=_fill(statement.not_resources, context),
            conditions=_fill(statement.conditions, context),
        )

    def _fill(value, context):
        if isinstance(value, str):
            return re.sub(r"\$\{([^}]*)\}", lambda match: _value_of(match[1], context), value)
        if isinstance(value, list):
            return [_fill(each, context) for each in value]
        if isinstance(value, dict):
            return {key: _fill(each, context) for key, each in value.items()}
        return value

    def _value_of(variable, context):
        name, _, default = variable.partition(",")
        name = name.strip()
        if name in ("*", "?", "$"):
            return name
        value = iam_evaluator._resolve_condition_key(name, context)
        # A variable without a value makes the statement match nothing.
        return value if isinstance(value, str) else default.strip(" '") or "\0"

    def _texts(value):
        if isinstance(value, str):
            yield value
        for each in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
            yield from _texts(each)


# Tags.


@correction("request-tags")
def request_tags():
    """Requests that tag an API, an alarm, a bucket or something of EC2 carry aws:RequestTag and aws:TagKeys."""

    @replaces(iam_actions, "request_tag_context")
    def request_tag_context(original, service, action, body, params):
        tags = None
        if service == "apigateway":
            tags = _json(body).get("tags")
        if service == "s3":
            pairs = re.findall(rb"<Tag>\s*<Key>(.*?)</Key>\s*<Value>(.*?)</Value>", body, re.DOTALL)
            tags = {key.decode(): value.decode() for key, value in pairs}
        if service == "ec2":
            names = [name for name in params if re.fullmatch(r"(TagSpecification\.\d+\.)?Tag\.\d+\.Key", name)]
            tags = {_parameter(params, name): _parameter(params, name[: -len("Key")] + "Value") for name in names}
        context = original("cloudwatch" if service == "monitoring" else service, action, body, params)
        if not isinstance(tags, dict) or not tags:
            return context
        return {**context, "aws:TagKeys": list(tags), **{f"aws:requesttag/{key}".lower(): value for key, value in tags.items()}}


@correction("resource-tags")
def resource_tags():
    """Alarms, APIs, buckets, rules, schedule groups, streams and everything of EC2 have tags, and aws:ResourceTag reads them."""

    def alarms():
        from ministack.services import cloudwatch

        for arn, tags in cloudwatch._resource_tags.items():
            yield arn, _tag_list(tags)

    def apis():
        from ministack.services import apigateway, apigateway_v1

        for arn, tags in apigateway._api_tags.items():
            yield arn, _tag_list(tags)
        for name in apigateway_v1._domain_names:
            domain = apigateway._domain_arn(name)
            tags = _tag_list(apigateway_v1._v1_tags.get(domain) or {})
            # The mappings of a domain name have its tags:
            # https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-tagging-supported-resources.html
            mappings, _ = apigateway._domain_mappings(name)
            ids = [apigateway._mapping_view(path, mapping)["apiMappingId"] for path, mapping in (mappings or {}).items()]
            for part in ["", "/apimappings", *(f"/apimappings/{each}" for each in ids)]:
                yield domain + part, tags

    def streams():
        from ministack.services import kinesis

        for name, stream in kinesis._streams.items():
            yield f"arn:aws:kinesis:{get_region()}:{get_account_id()}:stream/{name}", _tag_list(stream.get("tags") or {})

    def of_ec2():
        from ministack.services import ec2

        for resource_id, tags in ec2._tags.items():
            kind = _EC2_KINDS.get(resource_id.split("-")[0])
            if kind:
                yield f"arn:aws:ec2:{get_region()}:{get_account_id()}:{kind}/{resource_id}", tags

    collectors = {"apigateway": apis, "cloudwatch": alarms, "ec2": of_ec2, "kinesis": streams}
    for service in ("events", "s3", "scheduler"):
        collectors[service] = tagging._COLLECTORS[service]
    tagging._RESOURCE_TAG_COLLECTORS.update(collectors)


# Roles and sessions.


@correction("trusted-role")
def trusted_role():
    """A trust policy that names a role of its own account is enough: that role needs no permission for sts:AssumeRole.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-basics-single-account.html
    """

    @replaces(iam_evaluator, "enforce")
    def enforce(original, access_key, action, service, region, resource_arn="*", service_context=None):
        denied = original(access_key, action, service, region, resource_arn=resource_arn, service_context=service_context)
        if action != "sts:AssumeRole" or getattr(denied, "decision", None) != "ImplicitDeny":
            return denied
        account, _, role = str(resource_arn).partition(":iam::")[2].partition(":role/")
        trust = (_role(account, role.rsplit("/", 1)[-1]) or {}).get("AssumeRolePolicyDocument")
        return None if trust and account == get_account_id() and _names(trust, denied.principal_arn) else denied

    def _names(trust, session_arn):
        document = json.loads(trust) if isinstance(trust, str) else trust
        account, _, session = session_arn.partition(":sts::")[2].partition(":assumed-role/")
        role_arn = (_role(account, session.split("/")[0]) or {}).get("Arn")
        statements = document.get("Statement", [])
        for statement in [statements] if isinstance(statements, dict) else statements:
            principals = statement.get("Principal")
            named = principals.get("AWS", []) if isinstance(principals, dict) else []
            if role_arn in ([named] if isinstance(named, str) else named) and statement.get("Effect") == "Allow":
                return True
        return False


@correction("principal-arn-of-a-session")
def principal_arn_of_a_session():
    """aws:PrincipalArn of a session is the ARN of its role.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-principalarn
    """

    @replaces(iam_evaluator, "_resolve_condition_key")
    def resolve_condition_key(original, key, context):
        value = original(key, context)
        if key.lower() != "aws:principalarn" or context.principal_type != "AssumedRole":
            return value
        role = iam_evaluator._role_name_from_assumed_arn(context.principal_arn)
        return (_role(context.principal_account, role) or {}).get("Arn") or value


@correction("session-duration")
def session_duration():
    """A session lasts at most as long as its role allows, and an hour where a session assumes the role.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_manage-assume.html
    """
    from ministack.services import sts

    @replaces(sts, "_session_tags")
    def session_tags(original, params, check=True):
        if _parameter(params, "Action") == "AssumeRole":
            account, _, role = _parameter(params, "RoleArn").partition(":iam::")[2].partition(":role/")
            most = int((_role(account, role.rsplit("/", 1)[-1]) or {}).get("MaxSessionDuration") or 3600)
            request = _request.get()
            caller = extract_access_key_id(request["headers"], request["params"]) if request else None
            asked = int(_parameter(params, "DurationSeconds") or 0)
            rule = None
            if asked > most:
                rule = "The requested DurationSeconds exceeds the MaxSessionDuration set for this role."
            elif asked > 3600 and caller in sts._sessions:
                rule = "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining."
            if rule:
                return [], sts._error(400, "ValidationError", rule, ns="sts")
        return original(params, check=check)


# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_iam-condition-keys.html#condition-keys-wif
_GITHUB = "token.actions.githubusercontent.com"
_GITHUB_CLAIMS = [
    "actor", "actor_id", "enterprise_id", "environment", "job_workflow_ref", "ref", "repository", "repository_id",
    "repository_owner", "repository_owner_id", "repository_visibility", "runner_environment", "workflow",
]  # fmt: skip


@correction("web-identity-claims")
def web_identity_claims():
    """The claims of GitHub's tokens are condition keys."""
    from ministack.services import sts

    @replaces(sts, "_web_identity_principal")
    def web_identity_principal(original, token, provider_id, role_arn):
        principal, keys = original(token, provider_id, role_arn)
        if principal.endswith(f"/{_GITHUB}"):
            claims = _claims(token)
            keys = {**keys, **{f"{_GITHUB}:{name}": str(claims[name]) for name in _GITHUB_CLAIMS if name in claims}}
        return principal, keys


@correction("web-identity-provider-and-expiry")
def web_identity_provider_and_expiry():
    """A token has not expired, its issuer is a provider of the account, and its audience is a client of that provider."""
    from ministack.services import iam, sts

    @replaces(sts, "_web_identity_trust_denied")
    def web_identity_trust_denied(original, role_arn, params, use_json):
        denied = original(role_arn, params, use_json)
        if denied:
            return denied
        token = _parameter(params, "WebIdentityToken")
        provider_arn, _ = sts._web_identity_principal(token, _parameter(params, "ProviderId"), role_arn)
        claims = _claims(token)
        provider = iam._oidc_providers.get(provider_arn)
        if provider is None:
            return sts._error(400, "InvalidIdentityToken", "No OpenIDConnect provider found in your account for this issuer", ns="sts")
        clients = provider.get("ClientIDList") or provider.get("ClientIDs") or []
        audience = claims.get("aud")
        if not set(clients) & set([audience] if isinstance(audience, str) else audience or []):
            return sts._error(400, "InvalidIdentityToken", "Incorrect token audience", ns="sts")
        if float(claims.get("exp") or 0) <= time.time():
            return sts._error(400, "ExpiredTokenException", "Token must be redeemed before its expiry", ns="sts")
        return None


def _claims(token):
    from ministack.services.cognito import _decode_id_token_unverified

    try:
        claims = _decode_id_token_unverified(token)
    except (ValueError, TypeError):
        claims = {}
    return claims if isinstance(claims, dict) else {}


# S3.


@correction("s3-missing-object")
def s3_missing_object():
    """GetObject and HeadObject answer 403 for a missing object to a caller who may not list the bucket.

    https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html
    """
    original = ministack.SERVICE_HANDLERS["s3"]

    async def handler(method, path, headers, body, query_params):
        status, answer_headers, answer = await original(method, path, headers, body, query_params)
        bucket, _, key = path.lstrip("/").partition("/")
        if status != 404 or method not in ("GET", "HEAD") or not key or (method == "GET" and b"NoSuchKey" not in bytes(answer)):
            return status, answer_headers, answer
        access_key = extract_access_key_id(headers, query_params)
        keys = {"s3:prefix": key}
        denied = iam_evaluator.enforce(
            access_key, "s3:ListBucket", "s3", get_region(), resource_arn=f"arn:aws:s3:::{bucket}", service_context=keys
        )
        if not denied:
            return status, answer_headers, answer
        text = b'<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>'
        return 403, {"Content-Type": "application/xml"}, b"" if method == "HEAD" else text

    ministack.SERVICE_HANDLERS["s3"] = handler
