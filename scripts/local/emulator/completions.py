"""Completes what MiniStack keeps and returns, so that a second plan of Terraform is empty.

Where an answer lacks something that was given, Terraform plans to give it again, for ever. Each completion stands alone.
`__tests__/emulator/` shows that each is needed, and reports one that an upgrade of MiniStack has made unnecessary.
"""

import re
from xml.sax.saxutils import escape

from ministack.services import cloudwatch, ec2, kinesis
from replace import Named, replaces

completion = Named()


def install():
    completion.install()


@completion("alarms")
def alarms():
    """DescribeAlarms returns all of an alarm, in XML too."""

    @replaces(cloudwatch, "_describe_alarms")
    def describe_alarms(original, params, cbor_data, is_cbor, is_json=False):
        status, headers, body = original(params, cbor_data, is_cbor, is_json)
        if is_cbor or is_json or status != 200:
            return status, headers, body
        text = body.decode() if isinstance(body, bytes) else body
        text = re.sub(r"<member><AlarmName>([^<]*)</AlarmName>", lambda match: match[0] + _rest(match[1]), text)
        return status, headers, text.encode()

    def _rest(name):
        alarm = cloudwatch._alarms.get(name)
        if not alarm:
            return ""  # A composite alarm, which is complete.
        texts = ["AlarmDescription", "Statistic", "ExtendedStatistic", "Period", "TreatMissingData", "Unit"]
        enabled = "true" if alarm.get("ActionsEnabled", True) else "false"
        dimensions = [f"<Name>{escape(each['Name'])}</Name><Value>{escape(each['Value'])}</Value>" for each in alarm.get("Dimensions", [])]
        return (
            "".join(f"<{key}>{escape(str(alarm[key]))}</{key}>" for key in texts if alarm.get(key) is not None)
            + f"<ActionsEnabled>{enabled}</ActionsEnabled>"
            + "".join(_list(key, map(escape, alarm.get(key, []))) for key in ("AlarmActions", "OKActions", "InsufficientDataActions"))
            + _list("Dimensions", dimensions)
        )

    def _list(name, members):
        return f"<{name}>{''.join(f'<member>{each}</member>' for each in members)}</{name}>"


@completion("flow-logs")
def flow_logs():
    """A flow log keeps its role, its aggregation interval, its format and its tags."""
    default_format = (
        "${version} ${account-id} ${interface-id} ${srcaddr} ${dstaddr} ${srcport} ${dstport} "
        "${protocol} ${packets} ${bytes} ${start} ${end} ${action} ${log-status}"
    )

    @replaces(ec2, "_create_flow_logs")
    def create_flow_logs(original, params):
        known = set(ec2._flow_logs)
        answer = original(params)
        for flow_log in set(ec2._flow_logs) - known:
            ec2._flow_logs[flow_log]["More"] = {
                "deliverLogsPermissionArn": ec2._p(params, "DeliverLogsPermissionArn"),
                "maxAggregationInterval": ec2._p(params, "MaxAggregationInterval") or "600",
                "logFormat": ec2._p(params, "LogFormat") or default_format,
            }
            ec2._parse_tag_specs(params, "vpc-flow-log", flow_log)
        return answer

    @replaces(ec2, "_describe_flow_logs")
    def describe_flow_logs(original, params):
        status, headers, body = original(params)
        text = body.decode() if isinstance(body, bytes) else body

        def complete(match):
            more = (ec2._flow_logs.get(match[1]) or {}).get("More", {})
            return match[0] + "".join(f"<{key}>{escape(value)}</{key}>" for key, value in more.items() if value)

        return status, headers, re.sub(r"<flowLogId>([^<]*)</flowLogId>", complete, text).encode()

    ec2._ACTION_MAP["CreateFlowLogs"] = ec2._create_flow_logs
    ec2._ACTION_MAP["DescribeFlowLogs"] = ec2._describe_flow_logs


@completion("security-group-rules")
def security_group_rules():
    """A rule keeps its prefix lists, and a rule for all protocols has no ports, so that the default one can be revoked."""

    @replaces(ec2, "_parse_ip_permissions")
    def parse_ip_permissions(original, params, prefix):
        rules = original(params, prefix)
        for number, rule in enumerate(rules, start=1):
            lists = rule.setdefault("PrefixListIds", [])
            at = 1
            while prefix_list := ec2._p(params, f"{prefix}.{number}.PrefixListIds.{at}.PrefixListId"):
                description = ec2._p(params, f"{prefix}.{number}.PrefixListIds.{at}.Description")
                lists.append({"PrefixListId": prefix_list, **({"Description": description} if description else {})})
                at += 1
            if rule["IpProtocol"] == "-1":
                rule.pop("FromPort", None)
                rule.pop("ToPort", None)
        return rules


@completion("stream-tags")
def stream_tags():
    """A Kinesis stream has the tags with which it was created."""

    @replaces(kinesis, "_create_stream")
    def create_stream(original, data):
        answer = original(data)
        stream = kinesis._streams.get(data.get("StreamName"))
        if answer[0] == 200 and stream:
            stream["tags"].update(data.get("Tags") or {})
        return answer
