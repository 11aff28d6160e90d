"""Calls whose outcome on AWS is documented, tried on a local AWS, each under a role that allows exactly what it says.

Prints a line of JSON for each call: what was called, under which correction of `scripts/local/emulator/authorization.py` it
comes out right (or none: MiniStack is right by itself), what AWS answers, and what the local AWS answered.

    python authorization_checks.py http://127.0.0.1:4566 "$AWS_SECRET_ACCESS_KEY"
"""

import base64
import hashlib
import hmac
import io
import json
import sys
import time
import zipfile

import botocore.session
from botocore import UNSIGNED
from botocore.config import Config
from botocore.exceptions import ClientError

ENDPOINT, SECRET = sys.argv[1:]
ACCOUNT, OTHER_ACCOUNT, REGION = "111111111111", "222222222222", "eu-west-1"
ROOT = {"AccessKeyId": ACCOUNT, "SecretAccessKey": SECRET, "SessionToken": None}
OTHER_ROOT = {**ROOT, "AccessKeyId": OTHER_ACCOUNT}
SESSION = botocore.session.get_session()


def client(service, credentials=ROOT, unsigned=False):
    signature = {"signature_version": UNSIGNED} if unsigned else {}
    return SESSION.create_client(
        service,
        endpoint_url=ENDPOINT,
        region_name=REGION,
        aws_access_key_id=credentials["AccessKeyId"],
        aws_secret_access_key=credentials["SecretAccessKey"],
        aws_session_token=credentials["SessionToken"],
        config=Config(retries={"total_max_attempts": 1}, **signature),
    )


def check(call, outcome, attempt, correction=None):
    """
    :param outcome: what AWS does: "allow" or "deny"
    :param correction: the correction that this call needs
    """
    try:
        attempt()
        answer = "allow"
    except ClientError as error:
        answer = f"{error.response['Error']['Code']}: {error.response['Error']['Message'][:160]}"
    got = "allow" if answer == "allow" else "deny"
    print(json.dumps({"call": call, "correction": correction, "aws": outcome, "local": got, "answer": answer}), flush=True)


def arn(service, resource, region=REGION, account=ACCOUNT):
    return f"arn:aws:{service}:{region}:{account}:{resource}"


def policy(*statements):
    return {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Resource": "*", **statement} for statement in statements]}


def trust(principal, action="sts:AssumeRole", **more):
    return {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": principal, "Action": action, **more}]}


ANYBODY_OF_ACCOUNT = trust({"AWS": f"arn:aws:iam::{ACCOUNT}:root"})
BY_SERVICES = trust({"Service": ["lambda.amazonaws.com", "scheduler.amazonaws.com", "events.amazonaws.com"]})
made = 0


def role(*statements, trusted=ANYBODY_OF_ACCOUNT, name=None, **more):
    """A role that may do this, and nothing else."""
    global made
    made += 1
    name = name or f"role-{made}"
    iam = client("iam")
    created = iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(trusted), **more)
    if statements:
        iam.put_role_policy(RoleName=name, PolicyName="policy", PolicyDocument=json.dumps(policy(*statements)))
    return created["Role"]["Arn"]


def assume(role_arn, credentials=ROOT, **more):
    return client("sts", credentials).assume_role(RoleArn=role_arn, RoleSessionName="session", **more)["Credentials"]


def may(*statements):
    """Credentials of a session that may do this, and nothing else."""
    return assume(role(*statements))


def zipped():
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("index.js", "exports.handler = async () => 1;")
    return content.getvalue()


ZIP = zipped()
PASSED = role({"Action": "*"}, trusted=BY_SERVICES, name="passed")
BOUNDARY = client("iam").create_policy(PolicyName="boundary", PolicyDocument=json.dumps(policy({"Action": "sqs:*"})))["Policy"]["Arn"]
FUNCTION = "own-function"
FUNCTION_ARN = arn("lambda", f"function:{FUNCTION}")


def create_function(credentials, name, tags=None):
    return client("lambda", credentials).create_function(
        FunctionName=name, Runtime="nodejs22.x", Handler="index.handler", Role=PASSED, Code={"ZipFile": ZIP}, Tags=tags or {}
    )


def create_queue(name):
    client("sqs").create_queue(QueueName=name)
    return arn("sqs", name)


def create_mapping(credentials, function, queue, **more):
    return client("lambda", credentials).create_event_source_mapping(FunctionName=function, EventSourceArn=create_queue(queue), **more)


create_function(ROOT, FUNCTION)
create_function(ROOT, "foreign-function")


def pass_role():
    fix = "iam-pass-role"
    no_pass = may({"Action": ["lambda:*", "scheduler:*", "events:*", "ec2:*"]})
    target = {"Arn": FUNCTION_ARN, "RoleArn": PASSED}
    every_hour = {"ScheduleExpression": "rate(1 hour)", "FlexibleTimeWindow": {"Mode": "OFF"}}
    client("events").put_rule(Name="passing", EventPattern='{"source":["x"]}')
    vpc = client("ec2").create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    flow = {"ResourceIds": [vpc], "ResourceType": "VPC", "TrafficType": "ALL", "LogGroupName": "flow"}

    check("lambda:CreateFunction without iam:PassRole", "deny", lambda: create_function(no_pass, "passing-1"), fix)
    update = client("lambda", no_pass).update_function_configuration
    check("lambda:UpdateFunctionConfiguration with Role, without iam:PassRole", "deny", lambda: update(FunctionName=FUNCTION, Role=PASSED), fix)
    check("lambda:UpdateFunctionConfiguration without Role needs no iam:PassRole", "allow", lambda: update(FunctionName=FUNCTION, Timeout=4))
    schedule = client("scheduler", no_pass).create_schedule
    check("scheduler:CreateSchedule without iam:PassRole", "deny", lambda: schedule(Name="passing-1", Target=target, **every_hour), fix)
    targets = client("events", no_pass).put_targets
    check("events:PutTargets with RoleArn, without iam:PassRole", "deny", lambda: targets(Rule="passing", Targets=[{"Id": "1", **target}]), fix)
    check("events:PutTargets without RoleArn needs no iam:PassRole", "allow", lambda: targets(Rule="passing", Targets=[{"Id": "1", "Arn": FUNCTION_ARN}]))
    logs = client("ec2", no_pass).create_flow_logs
    check("ec2:CreateFlowLogs without iam:PassRole", "deny", lambda: logs(DeliverLogsPermissionArn=PASSED, **flow), fix)

    to_lambda = {"StringEquals": {"iam:PassedToService": "lambda.amazonaws.com"}}
    passes = may({"Action": ["lambda:*", "scheduler:*"]}, {"Action": "iam:PassRole", "Resource": PASSED, "Condition": to_lambda})
    check("lambda:CreateFunction with iam:PassRole for lambda", "allow", lambda: create_function(passes, "passing-2"))
    schedule = client("scheduler", passes).create_schedule
    check("scheduler:CreateSchedule with iam:PassRole for lambda only", "deny", lambda: schedule(Name="passing-2", Target=target, **every_hour), fix)
    other = may({"Action": "lambda:*"}, {"Action": "iam:PassRole", "Resource": arn("iam", "role/another", "")})
    check("lambda:CreateFunction with iam:PassRole on another role", "deny", lambda: create_function(other, "passing-3"), fix)


def permissions_boundary():
    fix = "iam-permissions-boundary-key"

    def create(credentials, name, **more):
        return client("iam", credentials).create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(BY_SERVICES), **more)

    def put(credentials, name):
        document = json.dumps(policy({"Action": "sqs:*"}))
        return client("iam", credentials).put_role_policy(RoleName=name, PolicyName="more", PolicyDocument=document)

    bound = {"StringEquals": {"iam:PermissionsBoundary": BOUNDARY}}
    allowed = may({"Action": ["iam:CreateRole", "iam:PutRolePolicy", "iam:PutRolePermissionsBoundary"], "Condition": bound})
    create(ROOT, "bounded", PermissionsBoundary=BOUNDARY)
    check("iam:CreateRole with the demanded boundary", "allow", lambda: create(allowed, "bounded-1", PermissionsBoundary=BOUNDARY), fix)
    check("iam:CreateRole without the demanded boundary", "deny", lambda: create(allowed, "bounded-2"))
    check("iam:PutRolePolicy on a role with the demanded boundary", "allow", lambda: put(allowed, "bounded"), fix)
    check("iam:PutRolePolicy on a role without the demanded boundary", "deny", lambda: put(allowed, "passed"))
    unbound = {"StringNotEquals": {"iam:PermissionsBoundary": BOUNDARY}}
    denied = may({"Action": "iam:*"}, {"Effect": "Deny", "Action": ["iam:CreateRole", "iam:PutRolePolicy"], "Condition": unbound})
    check("iam:CreateRole with the boundary, where others are denied", "allow", lambda: create(denied, "bounded-3", PermissionsBoundary=BOUNDARY), fix)
    check("iam:CreateRole without the boundary, where that is denied", "deny", lambda: create(denied, "bounded-4"))
    role({"Action": "iam:ListRoles"}, name="limited", PermissionsBoundary=BOUNDARY)
    limited = assume(arn("iam", "role/limited", ""))
    check("a call that the policy allows and the boundary does not", "deny", lambda: client("iam", limited).list_roles())


def paths():
    fix = "iam-paths"

    def create(credentials, name, path):
        return client("iam", credentials).create_role(RoleName=name, Path=path, AssumeRolePolicyDocument=json.dumps(BY_SERVICES))

    own = may({"Action": ["iam:CreateRole", "iam:GetRole", "iam:DeleteRole"], "Resource": arn("iam", "role/shop/int/*", "")})
    check("iam:CreateRole below the path of the policy", "allow", lambda: create(own, "path-1", "/shop/int/"), fix)
    check("iam:GetRole of a role below the path of the policy", "allow", lambda: client("iam", own).get_role(RoleName="path-1"), fix)
    check("iam:CreateRole with another path", "deny", lambda: create(own, "path-2", "/other/"))
    by_name = may({"Action": "iam:CreateRole", "Resource": arn("iam", "role/path-*", "")})
    check("iam:CreateRole with a path, where the policy names none", "deny", lambda: create(by_name, "path-3", "/other/"), fix)
    below = may({"Action": "iam:CreatePolicy", "Resource": arn("iam", "policy/shop/*", "")})
    document = json.dumps(policy({"Action": "sqs:*"}))
    check("iam:CreatePolicy below the path of the policy", "allow", lambda: client("iam", below).create_policy(PolicyName="path-1", Path="/shop/", PolicyDocument=document), fix)


def lambda_actions():
    fix = "lambda-operations"
    own = [FUNCTION_ARN, f"{FUNCTION_ARN}:*"]
    root = client("lambda")
    root.publish_version(FunctionName=FUNCTION)
    root.create_alias(FunctionName=FUNCTION, Name="current", FunctionVersion="1")
    alias = {"FunctionName": FUNCTION, "Name": "current"}
    calls = [
        ("GetAlias", "get_alias", alias),
        ("UpdateAlias", "update_alias", {**alias, "Description": "x"}),
        ("PutFunctionEventInvokeConfig", "put_function_event_invoke_config", {"FunctionName": FUNCTION, "MaximumRetryAttempts": 1}),
        ("GetFunctionEventInvokeConfig", "get_function_event_invoke_config", {"FunctionName": FUNCTION}),
        ("DeleteFunctionEventInvokeConfig", "delete_function_event_invoke_config", {"FunctionName": FUNCTION}),
        ("GetFunctionConcurrency", "get_function_concurrency", {"FunctionName": FUNCTION}),
    ]
    for action, method, arguments in calls:
        allowed = client("lambda", may({"Action": f"lambda:{action}", "Resource": own}))
        check(f"lambda:{action}, where only that is allowed", "allow", lambda: getattr(allowed, method)(**arguments), fix)
    for action, method, arguments in (
        ("GetFunction", "get_function", {"FunctionName": FUNCTION}),
        ("GetFunctionConfiguration", "get_function_configuration", {"FunctionName": FUNCTION}),
        ("ListVersionsByFunction", "list_versions_by_function", {"FunctionName": FUNCTION}),
        ("ListAliases", "list_aliases", {"FunctionName": FUNCTION}),
    ):
        allowed = client("lambda", may({"Action": f"lambda:{action}", "Resource": own}))
        check(f"lambda:{action}, where only that is allowed", "allow", lambda: getattr(allowed, method)(**arguments))
    lists = client("lambda", may({"Action": "lambda:ListAliases"}))
    check("lambda:DeleteAlias, where only lambda:ListAliases is allowed", "deny", lambda: lists.delete_alias(**alias), fix)
    deletes = client("lambda", may({"Action": "lambda:DeleteAlias", "Resource": own}))
    root.get_alias(**alias) if _exists(lambda: root.get_alias(**alias)) else root.create_alias(**alias, FunctionVersion="1")
    check("lambda:DeleteAlias, where only that is allowed", "allow", lambda: deletes.delete_alias(**alias), fix)
    reads = client("lambda", may({"Action": "lambda:GetFunction"}))
    root.put_function_event_invoke_config(FunctionName=FUNCTION, MaximumRetryAttempts=1)
    check("lambda:GetFunctionEventInvokeConfig, where only lambda:GetFunction is allowed", "deny", lambda: reads.get_function_event_invoke_config(FunctionName=FUNCTION), fix)
    named = may({"Action": "lambda:CreateFunction", "Resource": arn("lambda", "function:own-*")}, {"Action": "iam:PassRole"})
    check("lambda:CreateFunction of an allowed name", "allow", lambda: create_function(named, "own-1"), "lambda-new-function")
    check("lambda:CreateFunction of another name", "deny", lambda: create_function(named, "foreign-1"))


def _exists(look):
    try:
        look()
        return True
    except ClientError:
        return False


def event_source_mappings():
    own = {"ArnLike": {"lambda:FunctionArn": FUNCTION_ARN}}
    allowed = may({"Action": [f"lambda:{verb}EventSourceMapping" for verb in ("Create", "Update", "Delete", "Get")], "Condition": own})
    fix = "lambda-function-arn-key"
    check("lambda:CreateEventSourceMapping for the allowed function", "allow", lambda: create_mapping(allowed, FUNCTION, "mapped-1"), fix)
    check("lambda:CreateEventSourceMapping for another function", "deny", lambda: create_mapping(allowed, "foreign-function", "mapped-2"))
    foreign = create_mapping(ROOT, "foreign-function", "mapped-3")["UUID"]
    ours = create_mapping(ROOT, FUNCTION, "mapped-4")["UUID"]
    operations = "lambda-operations"
    check("lambda:UpdateEventSourceMapping of another function", "deny", lambda: client("lambda", allowed).update_event_source_mapping(UUID=foreign, BatchSize=3), operations)
    check("lambda:GetEventSourceMapping of the allowed function", "allow", lambda: client("lambda", allowed).get_event_source_mapping(UUID=ours), fix)
    nothing = client("lambda", may({"Action": "sqs:*"}))
    check("lambda:UpdateEventSourceMapping without any permission", "deny", lambda: nothing.update_event_source_mapping(UUID=foreign, BatchSize=3), operations)
    check("lambda:DeleteEventSourceMapping without any permission", "deny", lambda: nothing.delete_event_source_mapping(UUID=foreign), operations)


def tag_list(value, key="Key", text="Value"):
    return [{key: "domain", text: value}] if value else []


def tag_map(value):
    return {"domain": value} if value else {}


ALARM = {"MetricName": "m", "Namespace": "n", "Statistic": "Sum", "Period": 60, "EvaluationPeriods": 1, "Threshold": 1, "ComparisonOperator": "GreaterThanThreshold"}
TABLE = {"BillingMode": "PAY_PER_REQUEST", "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}], "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}]}

# Makes one of a kind under a name, with a tag; then changes it. By kind: actions, make(credentials, name, tag), change(credentials, name, made).
KINDS = {
    "queue": ("sqs:*", lambda c, n, v: client("sqs", c).create_queue(QueueName=n, tags=tag_map(v)), lambda c, n, o: client("sqs", c).set_queue_attributes(QueueUrl=o["QueueUrl"], Attributes={"VisibilityTimeout": "31"})),
    "function": ("lambda:*", lambda c, n, v: create_function(c, n, tag_map(v)), lambda c, n, o: client("lambda", c).update_function_configuration(FunctionName=n, Timeout=5)),
    "table": ("dynamodb:*", lambda c, n, v: client("dynamodb", c).create_table(TableName=n, Tags=tag_list(v), **TABLE), lambda c, n, o: client("dynamodb", c).update_time_to_live(TableName=n, TimeToLiveSpecification={"Enabled": True, "AttributeName": "e"})),
    "HTTP API": ("apigateway:*", lambda c, n, v: client("apigatewayv2", c).create_api(Name=n, ProtocolType="HTTP", Tags=tag_map(v)), lambda c, n, o: client("apigatewayv2", c).update_api(ApiId=o["ApiId"], Description="x")),
    "rule": ("events:*", lambda c, n, v: client("events", c).put_rule(Name=n, EventPattern='{"source":["x"]}', Tags=tag_list(v)), lambda c, n, o: client("events", c).disable_rule(Name=n)),
    "schedule group": ("scheduler:*", lambda c, n, v: client("scheduler", c).create_schedule_group(Name=n, Tags=tag_list(v)), lambda c, n, o: client("scheduler", c).get_schedule_group(Name=n)),
    "topic": ("sns:*", lambda c, n, v: client("sns", c).create_topic(Name=n, Tags=tag_list(v)), lambda c, n, o: client("sns", c).set_topic_attributes(TopicArn=o["TopicArn"], AttributeName="DisplayName", AttributeValue="x")),
    "stream": ("kinesis:*", lambda c, n, v: client("kinesis", c).create_stream(StreamName=n, ShardCount=1, Tags=tag_map(v)), lambda c, n, o: client("kinesis", c).increase_stream_retention_period(StreamName=n, RetentionPeriodHours=48)),
    "bucket": ("s3:*", lambda c, n, v: client("s3", c).create_bucket(Bucket=n, CreateBucketConfiguration={"LocationConstraint": REGION, "Tags": tag_list(v)}), lambda c, n, o: client("s3", c).put_bucket_versioning(Bucket=n, VersioningConfiguration={"Status": "Enabled"})),
    "alarm": ("cloudwatch:*", lambda c, n, v: client("cloudwatch", c).put_metric_alarm(AlarmName=n, Tags=tag_list(v), **ALARM), lambda c, n, o: client("cloudwatch", c).delete_alarms(AlarmNames=[n])),
    "log group": ("logs:*", lambda c, n, v: client("logs", c).create_log_group(logGroupName=n, tags=tag_map(v)), lambda c, n, o: client("logs", c).put_retention_policy(logGroupName=n, retentionInDays=7)),
    "parameter": ("ssm:*", lambda c, n, v: client("ssm", c).put_parameter(Name=f"/{n}", Value="1", Type="String", Tags=tag_list(v)), lambda c, n, o: client("ssm", c).put_parameter(Name=f"/{n}", Value="2", Overwrite=True)),
    "role": ("iam:*", lambda c, n, v: client("iam", c).create_role(RoleName=n, AssumeRolePolicyDocument=json.dumps(BY_SERVICES), Tags=tag_list(v)), lambda c, n, o: client("iam", c).update_role(RoleName=n, Description="x")),
    "event source mapping": ("lambda:*", lambda c, n, v: create_mapping(c, FUNCTION, f"q-{n}", Tags=tag_map(v)), lambda c, n, o: client("lambda", c).update_event_source_mapping(UUID=o["UUID"], BatchSize=2)),
}  # fmt: skip
# The calls of a kind that need a correction: requests that set the tag, and requests for what has it.
REQUEST_TAGS = {"HTTP API": "request-tags", "alarm": "request-tags", "bucket": "request-tags"}
RESOURCE_TAGS = {
    "HTTP API": "resource-tags",
    "rule": "resource-tags",
    "schedule group": "resource-tags",
    "stream": "resource-tags",
    "bucket": "resource-tags",
    "alarm": "resource-tags",
}


def tags():
    for kind, (actions, make, change) in KINDS.items():
        slug = kind.lower().replace(" ", "-")
        passes = {"Action": "iam:PassRole"}
        setting = may({"Action": actions, "Condition": {"StringEquals": {"aws:RequestTag/domain": "orders"}}}, passes)
        check(f"creating a {kind} with the demanded tag", "allow", lambda: make(setting, f"tagged-{slug}-1", "orders"), REQUEST_TAGS.get(kind))
        check(f"creating a {kind} with another tag", "deny", lambda: make(setting, f"tagged-{slug}-2", "ledger"))
        check(f"creating a {kind} without a tag", "deny", lambda: make(setting, f"tagged-{slug}-3", None))
        having = may({"Action": actions, "Condition": {"StringEquals": {"aws:ResourceTag/domain": "orders"}}})
        for tag, outcome in (("orders", "allow"), ("ledger", "deny")):
            name = f"having-{slug}-{tag}"
            created = make(ROOT, name, tag)
            fix = RESOURCE_TAGS.get(kind) if outcome == "allow" else "lambda-operations" if kind == "event source mapping" else None
            check(f"changing a {kind} whose tag is {tag}, where orders is allowed", outcome, lambda: change(having, name, created), fix)


    mapping = create_mapping(ROOT, FUNCTION, "q-tagging", Tags=tag_map("orders"))["EventSourceMappingArn"]
    retags = client("lambda", may({"Action": "lambda:TagResource", "Condition": {"StringEquals": {"aws:ResourceTag/domain": "orders"}}}))
    check("lambda:TagResource of an event source mapping whose tag is orders, where orders is allowed", "allow", lambda: retags.tag_resource(Resource=mapping, Tags={"a": "b"}), "lambda-mapping-tags")


def resources():
    own_alarm = may({"Action": ["cloudwatch:DeleteAlarms", "cloudwatch:PutMetricAlarm"], "Resource": arn("cloudwatch", "alarm:own-*")})
    client("cloudwatch").put_metric_alarm(AlarmName="own-alarm", **ALARM)
    client("cloudwatch").put_metric_alarm(AlarmName="foreign-alarm", **ALARM)
    fix = "cloudwatch-alarms-and-dashboards"
    check("cloudwatch:DeleteAlarms of two alarms, of which one is allowed", "deny", lambda: client("cloudwatch", own_alarm).delete_alarms(AlarmNames=["own-alarm", "foreign-alarm"]))
    check("cloudwatch:DeleteAlarms of an allowed alarm", "allow", lambda: client("cloudwatch", own_alarm).delete_alarms(AlarmNames=["own-alarm"]), fix)
    own_dashboard = may({"Action": ["cloudwatch:PutDashboard", "cloudwatch:GetDashboard"], "Resource": arn("cloudwatch", "dashboard/own-*", "")})
    body = json.dumps({"widgets": []})
    check("cloudwatch:PutDashboard of an allowed dashboard", "allow", lambda: client("cloudwatch", own_dashboard).put_dashboard(DashboardName="own-board", DashboardBody=body), fix)
    check("cloudwatch:PutDashboard of another dashboard", "deny", lambda: client("cloudwatch", own_dashboard).put_dashboard(DashboardName="foreign-board", DashboardBody=body))

    client("dynamodb").create_table(TableName="own-table", **TABLE)
    own_table = may({"Action": "dynamodb:ListTagsOfResource", "Resource": arn("dynamodb", "table/own-*")})
    check("dynamodb:ListTagsOfResource of an allowed table", "allow", lambda: client("dynamodb", own_table).list_tags_of_resource(ResourceArn=arn("dynamodb", "table/own-table")), "dynamodb-tagged-resource")

    client("events").create_event_bus(Name="bus")
    client("events").put_rule(Name="own-rule", EventBusName="bus", EventPattern='{"source":["x"]}')
    client("events").put_rule(Name="foreign-rule", EventBusName="bus", EventPattern='{"source":["x"]}')
    actions = ["events:PutTargets", "events:RemoveTargets", "events:ListTargetsByRule", "events:DescribeRule", "events:ListTagsForResource"]
    own_rule = client("events", may({"Action": actions, "Resource": arn("events", "rule/bus/own-*")}))
    fix = "events-rule"
    check("events:DescribeRule of an allowed rule on a bus", "allow", lambda: own_rule.describe_rule(Name="own-rule", EventBusName="bus"))
    check("events:ListTargetsByRule of an allowed rule", "allow", lambda: own_rule.list_targets_by_rule(Rule="own-rule", EventBusName="bus"), fix)
    check("events:ListTagsForResource of an allowed rule", "allow", lambda: own_rule.list_tags_for_resource(ResourceARN=arn("events", "rule/bus/own-rule")), fix)
    check("events:PutTargets of an allowed rule", "allow", lambda: own_rule.put_targets(Rule="own-rule", EventBusName="bus", Targets=[{"Id": "1", "Arn": FUNCTION_ARN}]), fix)
    check("events:RemoveTargets of an allowed rule", "allow", lambda: own_rule.remove_targets(Rule="own-rule", EventBusName="bus", Ids=["1"]), fix)
    check("events:ListTargetsByRule of another rule", "deny", lambda: own_rule.list_targets_by_rule(Rule="foreign-rule", EventBusName="bus"))

    own_bus = client("events", may({"Action": ["events:CreateEventBus", "events:DescribeEventBus", "events:CreateArchive"], "Resource": [arn("events", "event-bus/own-*"), arn("events", "archive/own-*")]}))
    check("events:CreateEventBus of an allowed bus", "allow", lambda: own_bus.create_event_bus(Name="own-bus"), "events-bus")
    check("events:CreateEventBus of another bus", "deny", lambda: own_bus.create_event_bus(Name="foreign-bus"))
    check("events:CreateArchive of an allowed bus", "allow", lambda: own_bus.create_archive(ArchiveName="own-archive", EventSourceArn=arn("events", "event-bus/own-bus")), "events-bus")
    check("events:CreateArchive of another bus", "deny", lambda: own_bus.create_archive(ArchiveName="own-other", EventSourceArn=arn("events", "event-bus/bus")))

    key, other_key = (client("kms").create_key()["KeyMetadata"]["Arn"] for _ in range(2))
    own_key = client("kms", may({"Action": "kms:CreateAlias", "Resource": [arn("kms", "alias/own-*"), key]}))
    check("kms:CreateAlias of an allowed alias for an allowed key", "allow", lambda: own_key.create_alias(AliasName="alias/own-key", TargetKeyId=key), "kms-alias")
    check("kms:CreateAlias of an allowed alias for another key", "deny", lambda: own_key.create_alias(AliasName="alias/own-other", TargetKeyId=other_key))
    check("kms:CreateAlias of another alias", "deny", lambda: own_key.create_alias(AliasName="alias/foreign", TargetKeyId=key))

    client("kinesis").create_stream(StreamName="own-stream", ShardCount=1)
    consumer = client("kinesis").register_stream_consumer(StreamARN=arn("kinesis", "stream/own-stream"), ConsumerName="one")["Consumer"]["ConsumerARN"]
    own_stream = client("kinesis", may({"Action": "kinesis:DescribeStreamConsumer", "Resource": arn("kinesis", "stream/own-*")}))
    check("kinesis:DescribeStreamConsumer of an allowed stream", "allow", lambda: own_stream.describe_stream_consumer(ConsumerARN=consumer), "kinesis-consumer")

    topic = client("sns").create_topic(Name="own-topic")["TopicArn"]
    subscription = client("sns").subscribe(TopicArn=topic, Protocol="lambda", Endpoint=FUNCTION_ARN, ReturnSubscriptionArn=True)["SubscriptionArn"]
    own_topic = client("sns", may({"Action": "sns:*", "Resource": arn("sns", "own-*")}))
    fix = "sns-tagged-topic"
    check("sns:ListTagsForResource of an allowed topic", "allow", lambda: own_topic.list_tags_for_resource(ResourceArn=topic), fix)
    check("sns:GetSubscriptionAttributes without resource-level permissions", "deny", lambda: own_topic.get_subscription_attributes(SubscriptionArn=subscription))

    once = {"ScheduleExpression": "rate(1 hour)", "FlexibleTimeWindow": {"Mode": "OFF"}, "Target": {"Arn": FUNCTION_ARN, "RoleArn": PASSED}}
    client("scheduler").create_schedule(Name="own-schedule", **once)
    client("scheduler").create_schedule(Name="foreign-schedule", **once)
    own_schedule = client("scheduler", may({"Action": "scheduler:*", "Resource": arn("scheduler", "schedule/default/own-*")}))
    check("scheduler:GetSchedule of an allowed schedule", "allow", lambda: own_schedule.get_schedule(Name="own-schedule"))
    check("scheduler:GetSchedule of another schedule", "deny", lambda: own_schedule.get_schedule(Name="foreign-schedule"))


def networks():
    tags = [{"ResourceType": "vpc", "Tags": [{"Key": "domain", "Value": "orders"}]}]
    own, foreign = (client("ec2").create_vpc(CidrBlock="10.0.0.0/16", TagSpecifications=each)["Vpc"]["VpcId"] for each in (tags, []))
    subnet_tags = [{"ResourceType": "subnet", "Tags": [{"Key": "domain", "Value": "orders"}]}]
    creates = client(
        "ec2",
        may(
            {"Action": ["ec2:CreateVpc"], "Resource": arn("ec2", "vpc/*"), "Condition": {"StringEquals": {"aws:RequestTag/domain": "orders"}}},
            {"Action": ["ec2:CreateSubnet"], "Resource": arn("ec2", "subnet/*"), "Condition": {"StringEquals": {"aws:RequestTag/domain": "orders"}}},
            {"Action": ["ec2:CreateSubnet", "ec2:DeleteVpc"], "Resource": arn("ec2", "vpc/*"), "Condition": {"StringEquals": {"aws:ResourceTag/domain": "orders"}}},
        ),
    )
    check("ec2:CreateVpc with an allowed tag", "allow", lambda: creates.create_vpc(CidrBlock="10.1.0.0/16", TagSpecifications=tags), "ec2-resources")
    check("ec2:CreateVpc without the tag", "deny", lambda: creates.create_vpc(CidrBlock="10.2.0.0/16"))
    subnet = {"CidrBlock": "10.0.1.0/24", "TagSpecifications": subnet_tags}
    check("ec2:CreateSubnet in a VPC with an allowed tag", "allow", lambda: creates.create_subnet(VpcId=own, **subnet), "ec2-resources")
    check("ec2:CreateSubnet in another VPC", "deny", lambda: creates.create_subnet(VpcId=foreign, **subnet))
    check("ec2:DeleteVpc of another VPC", "deny", lambda: creates.delete_vpc(VpcId=foreign))


def parameters():
    for domain in ("orders", "ledger"):
        client("ssm").put_parameter(Name=f"/shop/int/{domain}/v1/queueArn", Value="x", Type="String")
    path = arn("ssm", "parameter/shop/int/orders")
    reads = client("ssm", may({"Action": ["ssm:GetParameter", "ssm:GetParameters", "ssm:GetParametersByPath"], "Resource": f"{path}/*"}))
    fix = "ssm-several-parameters"
    check("ssm:GetParameter below the allowed path", "allow", lambda: reads.get_parameter(Name="/shop/int/orders/v1/queueArn"))
    check("ssm:GetParameter below another path", "deny", lambda: reads.get_parameter(Name="/shop/int/ledger/v1/queueArn"))
    check("ssm:GetParameters below the allowed path", "allow", lambda: reads.get_parameters(Names=["/shop/int/orders/v1/queueArn"]), fix)
    check("ssm:GetParameters below two paths, of which one is allowed", "deny", lambda: reads.get_parameters(Names=["/shop/int/orders/v1/queueArn", "/shop/int/ledger/v1/queueArn"]))
    check("ssm:GetParametersByPath of the allowed path", "allow", lambda: reads.get_parameters_by_path(Path="/shop/int/orders/v1"), fix)
    writes = client("ssm", may({"Action": ["ssm:PutParameter", "ssm:DeleteParameter"], "Resource": f"{path}/v*"}))
    check("ssm:PutParameter below the allowed path", "allow", lambda: writes.put_parameter(Name="/shop/int/orders/v9/x", Value="1", Type="String"))
    check("ssm:PutParameter below another path", "deny", lambda: writes.put_parameter(Name="/shop/int/ledger/v9/x", Value="1", Type="String"))
    check("ssm:PutParameter of a secret, where v* is allowed", "deny", lambda: writes.put_parameter(Name="/shop/int/orders/secret/x", Value="1", Type="SecureString"))


def roles_and_sessions():
    fix = "trusted-role"
    caller_arn = role({"Action": "sqs:*"})
    caller = assume(caller_arn)
    target = role({"Action": "sqs:*"}, trusted=trust({"AWS": caller_arn}))
    check("sts:AssumeRole of a role whose trust names the caller's role", "allow", lambda: assume(target, caller), fix)
    permitted_arn = role({"Action": "sts:AssumeRole"})
    permitted = assume(permitted_arn)
    check("sts:AssumeRole of a role whose trust names another role", "deny", lambda: assume(target, permitted))
    by_account = role({"Action": "sqs:*"})
    check("sts:AssumeRole of a role that trusts the account, with the permission", "allow", lambda: assume(by_account, permitted))
    check("sts:AssumeRole of a role that trusts the account, without the permission", "deny", lambda: assume(by_account, caller))

    external = {"StringEquals": {"sts:ExternalId": "e1"}}
    named = role({"Action": "sqs:*"}, trusted=trust({"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, Condition=external))
    check("sts:AssumeRole with the demanded ExternalId", "allow", lambda: assume(named, permitted, ExternalId="e1"))
    check("sts:AssumeRole with another ExternalId", "deny", lambda: assume(named, permitted, ExternalId="e2"))
    by_arn = {"ArnEquals": {"aws:PrincipalArn": permitted_arn}}
    exact = role({"Action": "sqs:*"}, trusted=trust({"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, Condition=by_arn))
    check("aws:PrincipalArn of a session is the ARN of its role", "allow", lambda: assume(exact, permitted), "principal-arn-of-a-session")
    check("sts:AssumeRole by the root of another account", "deny", lambda: assume(by_account, OTHER_ROOT))
    across = role({"Action": "sqs:*"}, trusted=trust({"AWS": f"arn:aws:iam::{OTHER_ACCOUNT}:root"}))
    check("sts:AssumeRole by the root of another account that is trusted", "allow", lambda: assume(across, OTHER_ROOT))
    check("sts:AssumeRole by a session, for more than an hour", "deny", lambda: assume(role({"Action": "sqs:*"}, MaxSessionDuration=43_200), permitted, DurationSeconds=7200), "session-duration")
    check("sts:AssumeRole for longer than the role allows", "deny", lambda: assume(by_account, DurationSeconds=43_200), "session-duration")

    client("sqs").create_queue(QueueName="session-queue", tags={"domain": "orders"})
    client("sqs").create_queue(QueueName="session-foreign", tags={"domain": "ledger"})
    url = f"{ENDPOINT}/{ACCOUNT}/session-queue"
    narrowed = client("sqs", assume(role({"Action": "sqs:*"}), Policy=json.dumps(policy({"Action": "sqs:GetQueueUrl"}))))
    check("a call that the session policy allows", "allow", lambda: narrowed.get_queue_url(QueueName="session-queue"))
    check("a call that the session policy does not allow", "deny", lambda: narrowed.get_queue_attributes(QueueUrl=url))
    tag = [{"Key": "domain", "Value": "orders"}]
    check("session tags, where the trust does not allow sts:TagSession", "deny", lambda: assume(by_account, Tags=tag))
    by_tag = {"StringEquals": {"aws:ResourceTag/domain": "${aws:PrincipalTag/domain}"}}
    allows = trust({"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, ["sts:AssumeRole", "sts:TagSession"], Condition={"StringEquals": {"aws:RequestTag/domain": "orders"}})
    tagged_role = role({"Action": "sqs:*", "Condition": by_tag}, trusted=allows)
    check("session tags that the trust allows", "allow", lambda: assume(tagged_role, Tags=tag))
    check("session tags that the trust does not allow", "deny", lambda: assume(tagged_role, Tags=[{"Key": "domain", "Value": "ledger"}]))
    tagged = client("sqs", assume(tagged_role, Tags=tag))
    check("${aws:PrincipalTag/domain} on a resource of that domain", "allow", lambda: tagged.get_queue_attributes(QueueUrl=url), "policy-variables")
    check("${aws:PrincipalTag/domain} on a resource of another domain", "deny", lambda: tagged.get_queue_attributes(QueueUrl=f"{ENDPOINT}/{ACCOUNT}/session-foreign"))


GITHUB = "token.actions.githubusercontent.com"
SUBJECT = "repo:owner/name:environment:int"


def token(lifetime=600, **claims):
    """A token in the form of GitHub's. The secret of the run signs it, because there is no issuer on the machine."""

    def part(content):
        return base64.urlsafe_b64encode(json.dumps(content).encode()).rstrip(b"=").decode()

    now = int(time.time())
    all_claims = {"iss": f"https://{GITHUB}", "aud": "sts.amazonaws.com", "sub": SUBJECT, "iat": now, "exp": now + lifetime, **claims}
    signed = f"{part({'alg': 'RS256', 'typ': 'JWT', 'kid': 'x'})}.{part(all_claims)}"
    digest = hmac.new(SECRET.encode(), signed.encode(), hashlib.sha256).digest()
    return f"{signed}.{base64.urlsafe_b64encode(digest).rstrip(b'=').decode()}"


def web_identity():
    def federated(name, host=GITHUB, operator="StringEquals", **conditions):
        conditions = {f"{host}:{key}": value for key, value in {"sub": SUBJECT, **conditions}.items()}
        provider = {"Federated": f"arn:aws:iam::{ACCOUNT}:oidc-provider/{host}"}
        return role({"Action": "sqs:*"}, name=name, trusted=trust(provider, "sts:AssumeRoleWithWebIdentity", Condition={operator: conditions}))

    def exchange(role_arn, with_token):
        anonymous = client("sts", unsigned=True)
        return anonymous.assume_role_with_web_identity(RoleArn=role_arn, RoleSessionName="web", WebIdentityToken=with_token)

    fix = "web-identity-provider-and-expiry"
    deploys = federated("web-deploys", aud="sts.amazonaws.com")
    check("a web identity whose issuer is not a provider of the account", "deny", lambda: exchange(deploys, token()), fix)
    client("iam").create_open_id_connect_provider(Url=f"https://{GITHUB}", ClientIDList=["sts.amazonaws.com"])
    client("iam").create_open_id_connect_provider(Url="https://other.example", ClientIDList=["only-this"])
    check("a web identity whose signature is not the issuer's", "deny", lambda: exchange(deploys, token()[:-4] + "AAAA"))
    check("a web identity with another subject", "deny", lambda: exchange(deploys, token(sub="repo:owner/name:environment:live")))
    check("a web identity with another audience", "deny", lambda: exchange(deploys, token(aud="other")))
    check("a web identity of another issuer", "deny", lambda: exchange(deploys, token(iss="https://other.example")))
    check("a web identity that has expired", "deny", lambda: exchange(deploys, token(lifetime=-100)), fix)
    check("a web identity that is not a token", "deny", lambda: exchange(deploys, "x.y.z"))
    other = federated("web-other", host="other.example")
    check("a web identity whose audience is not a client of its provider", "deny", lambda: exchange(other, token(iss="https://other.example", aud="any")), fix)
    fix = "web-identity-claims"
    reference = "owner/name/.github/workflows/pipeline.yml@refs/heads/main"
    by_workflow = federated("web-workflow", job_workflow_ref=reference)
    check("a web identity with the demanded job_workflow_ref", "allow", lambda: exchange(by_workflow, token(job_workflow_ref=reference)), fix)
    check("a web identity with another job_workflow_ref", "deny", lambda: exchange(by_workflow, token(job_workflow_ref=reference.replace("main", "x"))))
    by_repository = federated("web-repository", repository_id="1234")
    check("a web identity with the demanded repository_id", "allow", lambda: exchange(by_repository, token(repository_id="1234")), fix)
    check("a web identity without the demanded repository_id", "deny", lambda: exchange(by_repository, token()))
    like = federated("web-like", operator="StringLike", sub="repo:owner/name:*")
    check("a web identity whose subject matches a pattern", "allow", lambda: exchange(like, token(sub="repo:owner/name:ref:refs/heads/x")))
    check("a web identity whose subject does not match a pattern", "deny", lambda: exchange(like, token(sub="repo:owner/evil:ref:refs/heads/x")))
    check("an OIDC provider whose URL the account has already", "deny", lambda: client("iam").create_open_id_connect_provider(Url=f"https://{GITHUB}", ClientIDList=["x"]))


def signatures():
    session = may({"Action": "sqs:*"})
    check("a signature with another secret", "deny", lambda: client("sqs", {**session, "SecretAccessKey": "x" * 40}).list_queues())
    check("another session token", "deny", lambda: client("sqs", {**session, "SessionToken": "zz"}).list_queues())
    check("a request without a signature", "deny", lambda: client("sqs", unsigned=True).list_queues())
    wrong = {**ROOT, "SecretAccessKey": "nonsense"}
    check("the root user's key with a wrong secret access key", "deny", lambda: client("sqs", wrong).list_queues())
    stream = client("kinesis", may({"Action": "kinesis:*"}))
    check("a signature over HTTP/1.1 of a JSON service", "allow", lambda: stream.list_streams())


def state_in_s3():
    bucket, key = "state-bucket", "orders-int/terraform.tfstate"
    root = client("s3")
    root.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": REGION})
    root.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    for each in ("ledger-int/terraform.tfstate", key):
        root.put_object(Bucket=bucket, Key=each, Body=b"{}")
    own = client(
        "s3",
        may(
            {"Action": "s3:ListBucket", "Resource": f"arn:aws:s3:::{bucket}", "Condition": {"StringEquals": {"s3:prefix": key}}},
            {"Action": ["s3:GetObject", "s3:PutObject"], "Resource": f"arn:aws:s3:::{bucket}/{key}"},
            {"Action": ["s3:GetObject", "s3:PutObject", "s3:DeleteObject"], "Resource": f"arn:aws:s3:::{bucket}/{key}.tflock"},
        ),
    )
    here = {"Bucket": bucket, "Key": key}
    lock = {"Bucket": bucket, "Key": f"{key}.tflock"}
    check("s3:PutObject of the own state", "allow", lambda: own.put_object(**here, Body=b"{}"))
    check("s3:GetObject of another state", "deny", lambda: own.get_object(Bucket=bucket, Key="ledger-int/terraform.tfstate"))
    check("s3:PutObject of another state", "deny", lambda: own.put_object(Bucket=bucket, Key="ledger-int/terraform.tfstate", Body=b"{}"))
    check("s3:DeleteObject of the own state", "deny", lambda: own.delete_object(**here))
    check("the lock, while nobody has it", "allow", lambda: own.put_object(**lock, Body=b"{}", IfNoneMatch="*"))
    check("the lock, while somebody has it", "deny", lambda: own.put_object(**lock, Body=b"{}", IfNoneMatch="*"))
    check("s3:DeleteObject of the lock", "allow", lambda: own.delete_object(**lock))
    check("s3:ListBucket with the allowed prefix", "allow", lambda: own.list_objects_v2(Bucket=bucket, Prefix=key))
    check("s3:ListBucket with another prefix", "deny", lambda: own.list_objects_v2(Bucket=bucket, Prefix="ledger-int/"))
    check("s3:ListBucket without a prefix", "deny", lambda: own.list_objects_v2(Bucket=bucket))
    version = root.list_object_versions(Bucket=bucket, Prefix=key)["Versions"][0]["VersionId"]
    check("s3:DeleteObjectVersion of the own state", "deny", lambda: own.delete_object(**here, VersionId=version))

    reads = client("s3", may({"Action": "s3:GetObject", "Resource": f"arn:aws:s3:::{bucket}/*"}))

    def missing():
        try:
            reads.get_object(Bucket=bucket, Key="missing")
        except ClientError as error:
            # On AWS only a caller who may list the bucket learns that an object does not exist.
            if error.response["Error"]["Code"] == "AccessDenied":
                raise

    check("s3:GetObject of a missing object, without s3:ListBucket", "deny", missing, "s3-missing-object")


for group in (
    pass_role,
    permissions_boundary,
    paths,
    lambda_actions,
    event_source_mappings,
    tags,
    resources,
    networks,
    parameters,
    roles_and_sessions,
    web_identity,
    signatures,
    state_in_s3,
):
    group()
