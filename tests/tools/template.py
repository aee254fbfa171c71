"""What cfn-lint does not know of template.yaml: rights, runbook buttons, metrics, versions; and of docs/ beside the code.

It expands the template, resolves its functions with values that are made up, and takes every condition for true, so that
what is looked at is what is deployed, and the most that can be granted.
"""

import copy
import itertools
import json
import logging
import os
import re
import sys
import warnings
from pathlib import Path

import jsonschema
import yaml

from expand import expand

warnings.filterwarnings("ignore", "pkg_resources is deprecated")  # by parliament, which setuptools is pinned for
from parliament import analyze_policy_string  # noqa: E402
from samtranslator.parser.parser import Parser  # noqa: E402
from samtranslator.translator.translator import Translator  # noqa: E402

logging.getLogger("samtranslator").setLevel(logging.ERROR)  # it says that it has no configuration of features

ROOT = Path(__file__).resolve().parents[2]

# Where a "*" stands for the resource, and why.
EVERYTHING = {
    "ReadAlarms": "narrowed, DescribeAlarms leaves composite alarms out without saying so",
    "LookAtTheAlarms": "the same",
    "Look": "EC2's Describe calls know no resources; RDS's are made for all that a filter names, in every Region",
    "LookAtTheAccount": "what stands around the targets is named by nobody, so that all of it is listed",
    "LookAround": "EC2's Describe calls and GetMetricData know no resources; RDS's are made for all that a filter names",
    "ReadMetrics": "GetMetricData knows no resources",
    "ReadLags": "GetMetricData knows no resources",
    "PutMetrics": "PutMetricData knows no resources; its namespaces are named",
    "Trace": "X-Ray knows no resources",
    "PlugIn": "Lambda makes interfaces that have no name before",
    "PlugInNothingElse": "it takes away",
    "AskWhatOthersSee": "as ReadAlarms",
}

# Actions that are newer than parliament's list, and where they are documented.
NEWER = {
    "cloudwatch:GetAlarmMuteRule": "CloudWatch API Reference, GetAlarmMuteRule",
    "cloudwatch:ListAlarmMuteRules": "CloudWatch API Reference, ListAlarmMuteRules",
    "route53:ListResourceRecordSetProtections": "Route 53 API Reference, ListResourceRecordSetProtections",
}

# Actions whose types of resources are in several statements.
SPLIT = {"rds:CreateDBInstanceReadReplica"}

# Metrics of AWS's own that the template may name.
OF_AWS = {
    "AWS/Lambda": {"AsyncEventAge", "AsyncEventsDropped", "Duration", "Errors", "Invocations", "Throttles"},
    "AWS/SQS": {"ApproximateNumberOfMessagesVisible"},
    "AWS/NATGateway": {"ErrorPortAllocation", "PacketsDropCount"},
    "AWS/EC2": {"StatusCheckFailed"},
    "AWS/RDS": {"CPUUtilization", "DatabaseConnections", "ReplicaLag"},
    "AWS/Route53": {"HealthCheckStatus"},
}

# What the code understands and no rule brings, and why.
NOT_BROUGHT = {"CloudWatch Alarm Configuration Change": "no side's health changes with it that the sweep would not find in a minute"}

PARAMETERS = {  # one that is resolved with its default would say little
    "Vpcs": "arn:aws:ec2:us-east-1:111122223333:vpc/vpc-0a1b",
    "HostedZones": "arn:aws:route53:::hostedzone/Z0123456789ABCDEFGHIJ",
    "RecordNames": "www.example.com,\\052.api.example.com",
    "RoutingControls": "arn:aws:route53-recovery-control::111122223333:controlpanel/0a/routingcontrol/0b",
    "BeaconBuckets": "arn:aws:s3:::beacons,arn:aws:s3:::more-beacons",
    "BeaconNamespaces": "Crossover-beacons",
    "Databases": "arn:aws:rds:us-east-1:111122223333:db:orders,arn:aws:rds:us-west-2:111122223333:cluster:orders,"
    "arn:aws:rds::111122223333:global-cluster:orders",
    "DatabaseKeys": "arn:aws:kms:us-west-2:111122223333:key/0a1b",
    "TargetRoles": "arn:aws:iam::444455556666:role/crossover",
    "ProbeA": "us-east-1a,subnet-0a1b,sg-0a1b",
    "ProbeB": "us-east-1b,subnet-0a1c,sg-0a1b",
    "ProbeC": "us-east-1c,subnet-0a1d,sg-0a1b",
    "Approvers": "arn:aws:iam::111122223333:role/oncall",
    "OperatorTopic": "arn:aws:sns:us-east-1:111122223333:operators",
    "PermissionsBoundary": "arn:aws:iam::111122223333:policy/boundary",
}
PSEUDO = {
    "AWS::AccountId": "111122223333",
    "AWS::Partition": "aws",
    "AWS::Region": "us-east-1",
    "AWS::StackName": "crossover",
}
NOTHING = object()

problems = []


def problem(where, what):
    problems.append(f"{where}: {what}")


# ---------------------------------------------------------------- reading


class Loader(yaml.SafeLoader):
    pass


def tagged(loader, suffix, node):
    name = suffix if suffix in ("Ref", "Condition") else f"Fn::{suffix}"
    if isinstance(node, yaml.ScalarNode):
        value = loader.construct_scalar(node)
        return {name: value.split(".", 1) if suffix == "GetAtt" else value}
    if isinstance(node, yaml.SequenceNode):
        return {name: loader.construct_sequence(node, deep=True)}
    return {name: loader.construct_mapping(node, deep=True)}


Loader.add_multi_constructor("!", tagged)


def source():
    """The template as it is written, with its functions in their long forms."""
    return yaml.load((ROOT / "template.yaml").read_text(), Loader)


class Template:
    def __init__(self, raw):
        """Of a template that is expanded."""
        self.raw = raw
        for name, value in PARAMETERS.items():
            if not re.fullmatch(self.raw["Parameters"][name]["AllowedPattern"], value):
                problem(name, f"its pattern refuses {value}")
        self.resources = {name: self.resolve(resource) for name, resource in self.raw["Resources"].items()}

    def of(self, *types):
        return ((name, it) for name, it in self.resources.items() if it["Type"] in types)

    def resolve(self, value):
        if isinstance(value, list):
            return [found for one in value if (found := self.resolve(one)) is not NOTHING]
        if not isinstance(value, dict):
            return value
        if len(value) == 1:
            ((name, argument),) = value.items()
            if name == "Ref":
                return self.ref(argument)
            if name == "Fn::GetAtt":
                return self.attribute(*(argument if isinstance(argument, list) else argument.split(".", 1)))
            if name == "Fn::If":
                return self.resolve(argument[1])
            if name == "Fn::Sub":
                text, names = argument if isinstance(argument, list) else (argument, {})
                return re.sub(r"\$\{([^}]+)\}", lambda found: self.sub(found[1], names), text)
            if name == "Fn::Join":
                return argument[0].join(self.resolve(argument[1]))
            if name == "Fn::Split":
                return self.resolve(argument[1]).split(argument[0])
            if name == "Fn::Select":
                return self.resolve(argument[1])[argument[0]]
        resolved = {key: self.resolve(one) for key, one in value.items()}
        return {key: one for key, one in resolved.items() if one is not NOTHING}

    def sub(self, name, names):
        if name in names:
            return str(self.resolve(names[name]))
        found = self.attribute(*name.split(".", 1)) if "." in name else self.ref(name)
        return str(found)

    def ref(self, name):
        if name == "AWS::NoValue":
            return NOTHING
        if name in PSEUDO:
            return PSEUDO[name]
        if name in PARAMETERS:
            return PARAMETERS[name]
        if name in self.raw["Parameters"]:
            return self.raw["Parameters"][name].get("Default")
        if name.endswith("Aliaslive"):
            return f"arn:aws:lambda:us-east-1:111122223333:function:{name.removesuffix('Aliaslive')}:live"
        kind = self.raw["Resources"][name]["Type"]
        return f"arn:aws:sns:us-east-1:111122223333:{name}" if kind == "AWS::SNS::Topic" else name

    def attribute(self, name, attribute):
        if attribute == "QueueName":
            return f"crossover-{name.lower()}"
        arns = {
            "AWS::Serverless::Function": "lambda:us-east-1:111122223333:function:{}",
            "AWS::SQS::Queue": "sqs:us-east-1:111122223333:{}",
            "AWS::KMS::Key": "kms:us-east-1:111122223333:key/{}",
            "AWS::DynamoDB::Table": "dynamodb:us-east-1:111122223333:table/{}",
            "AWS::Logs::LogGroup": "logs:us-east-1:111122223333:log-group:{}:*",
            "AWS::IAM::Role": "iam::111122223333:role/{}",
            "AWS::CloudWatch::Alarm": "cloudwatch:us-east-1:111122223333:alarm:{}",
            "AWS::Events::Rule": "events:us-east-1:111122223333:rule/{}",
            "AWS::Chatbot::CustomAction": "chatbot::111122223333:custom-action/{}",
        }
        return f"arn:aws:{arns[self.raw['Resources'][name]['Type']].format(name)}"


def listed(value):
    return value if isinstance(value, list) else [value]


# ---------------------------------------------------------------- rights


def rights(template):
    """No wildcard in an action, no "*" for a resource without a reason, and nothing that AWS would not understand."""
    used = set()
    for name, resource in template.of("AWS::IAM::ManagedPolicy", "AWS::IAM::Role"):
        properties = resource["Properties"]
        documents = [policy["PolicyDocument"] for policy in properties.get("Policies", [])]
        documents += [properties["PolicyDocument"]] if "PolicyDocument" in properties else []
        for statement in (statement for document in documents for statement in document["Statement"]):
            where = f"{name}, {statement.get('Sid')}"
            if "Sid" not in statement:
                problem(where, "a statement without a Sid")
            for action in listed(statement["Action"]):
                if "*" in action:
                    problem(where, f"{action}: name the actions")
            if "*" in listed(statement["Resource"]):
                used.add(statement.get("Sid"))
                if statement.get("Sid") not in EVERYTHING:
                    problem(where, "every resource, and EVERYTHING has no reason for it")
            alone = {"Version": "2012-10-17", "Statement": [statement]}
            for finding in analyze_policy_string(json.dumps(alone)).findings:
                # The one is the rule above; the other is a condition of all actions that parliament does not know.
                is_newer = finding.issue == "UNKNOWN_ACTION" and any(str(finding.detail).endswith(f" {action}") for action in NEWER)
                is_split = finding.issue == "RESOURCE_MISMATCH" and {detail["action"] for detail in finding.detail} <= SPLIT
                excused = is_newer or is_split or "lambda:SourceFunctionArn" in str(finding.detail)
                if finding.issue != "RESOURCE_STAR" and not excused:
                    problem(where, f"{finding.issue}: {finding.detail}")
        for managed in listed(properties.get("ManagedPolicyArns", [])):
            if managed.startswith("arn:aws:iam::aws:"):
                problem(name, f"{managed}: AWS's own policies grant more than is used")
        trust = properties.get("AssumeRolePolicyDocument", {"Statement": []})
        if any("Service" not in statement["Principal"] for statement in trust["Statement"]):
            problem(name, "is trusted by somebody who is no service")
    own = template.resources["AskOwnRights"]["Properties"]
    asked = set(own["PolicyDocument"]["Statement"][0]["Resource"])
    if asked != {f"arn:aws:iam::111122223333:role/{role}" for role in own["Roles"]}:
        problem("AskOwnRights", "its roles are not those that it asks about")
    for name, function in template.of("AWS::Serverless::Function"):
        role = function["Properties"].get("Environment", {}).get("Variables", {}).get("CROSSOVER_ROLE")
        if (role or function["Properties"]["Role"]) != function["Properties"]["Role"] or (role is None) == (function["Properties"]["Role"] in asked):
            problem(name, "CROSSOVER_ROLE is not its own role, or it may not ask about it")
    for sid in EVERYTHING.keys() - used:
        problem("EVERYTHING", f"{sid} has a reason and is no statement with a \"*\"")
    policies = template.of("AWS::SNS::TopicPolicy", "AWS::SQS::QueuePolicy", "AWS::KMS::Key")
    for name, resource in policies:
        document = resource["Properties"].get("PolicyDocument") or resource["Properties"]["KeyPolicy"]
        for statement in document["Statement"]:
            if statement["Effect"] == "Allow" and statement["Principal"] == "*":
                problem(f"{name}, {statement['Sid']}", "lets everybody in")
            if statement["Effect"] == "Allow" and "Service" in statement["Principal"] and "Condition" not in statement:
                problem(f"{name}, {statement['Sid']}", "lets a service in for whoever it acts")


# ---------------------------------------------------------------- sizes

# A list of a hundred, or of as many as CloudFormation takes: 4,096 bytes (CloudFormation User Guide, quotas, "Parameter values").
LONGEST_PARAMETER = 4096
# IAM User Guide, "IAM and AWS STS quotas", characters without white space: a managed policy, and all inline policies of a role.
LONGEST_POLICY = 6144
LONGEST_INLINE = 10240
# The managed policies of a role, by default.
MOST_POLICIES = 10
LISTS = {
    "Vpcs": "arn:aws:ec2:us-east-1:111122223333:vpc/vpc-0a1b2c3d4e5f60{:03}",
    "HostedZones": "arn:aws:route53:::hostedzone/Z0123456789ABCDEFG{:03}",
    "RecordNames": "www-{:03}.shop.example.com",
    "RoutingControls": "arn:aws:route53-recovery-control::111122223333:controlpanel/0123456789abcdef0123456789abcdef/routingcontrol/0123456789{:03}",
    "BeaconBuckets": "arn:aws:s3:::crossover-beacons-{:03}",
    "BeaconNamespaces": "Crossover-beacons-{:03}",
    "Databases": "arn:aws:rds:us-east-1:111122223333:db:orders-use1-{:03}",
    "DatabaseKeys": "arn:aws:kms:us-west-2:111122223333:key/0a1b2c3d-4e5f-4000-8000-000000000{:03}",
    "TargetRoles": "arn:aws:iam::444455556{:03}:role/crossover",
}


def sizes(template):
    """Every policy fits into IAM's limits, however long the list of one parameter is."""
    for name, pattern in LISTS.items():
        usual, many = PARAMETERS[name], []
        while len(many) < 100 and len(",".join([*many, pattern.format(len(many))])) <= LONGEST_PARAMETER:
            many.append(pattern.format(len(many)))
        PARAMETERS[name] = ",".join(many)
        of_many = Template(template.raw)
        PARAMETERS[name] = usual
        size = lambda document: len(re.sub(r"\s", "", json.dumps(document, separators=(",", ":"))))
        for policy, resource in of_many.of("AWS::IAM::ManagedPolicy"):
            if (length := size(resource["Properties"]["PolicyDocument"])) > LONGEST_POLICY:
                problem(policy, f"has {length} characters with {len(many)} {name}; IAM takes {LONGEST_POLICY}")
        for role, resource in of_many.of("AWS::IAM::Role"):
            inline = sum(size(policy["PolicyDocument"]) for policy in resource["Properties"].get("Policies", []))
            if inline > LONGEST_INLINE:
                problem(role, f"has {inline} characters of inline policies with {len(many)} {name}; IAM takes {LONGEST_INLINE}")
            attached = [of for _, of in of_many.of("AWS::IAM::ManagedPolicy") if role in json.dumps(of["Properties"].get("Roles", []))]
            if len(resource["Properties"].get("ManagedPolicyArns", [])) + len(attached) > MOST_POLICIES:
                problem(role, f"has more than {MOST_POLICIES} managed policies")


# ---------------------------------------------------------------- deployments


def deployments(template):
    """AllAtOnce watches no alarm once SAM has transformed the template, and no way to deploy that is documented disarms the stack."""
    raw = copy.deepcopy(template.raw)
    raw["Globals"]["Function"]["CodeUri"] = "s3://bucket/key"
    for resource in raw["Resources"].values():
        if resource["Type"] == "AWS::Serverless::LayerVersion":
            resource["Properties"]["ContentUri"] = "s3://bucket/key"
    defaults = {name: parameter.get("Default") for name, parameter in raw["Parameters"].items()}
    os.environ.setdefault("AWS_DEFAULT_REGION", PSEUDO["AWS::Region"])
    transformed = Translator({}, Parser()).translate(raw, defaults)["Resources"]
    for name, resource in transformed.items():
        if resource["Type"] == "AWS::CodeDeploy::DeploymentGroup":
            condition, gradual, at_once = resource["Properties"]["AlarmConfiguration"]["Fn::If"]
            if condition != "IsGradual" or not gradual.get("Alarms") or at_once.get("Alarms"):
                problem(name, "must watch alarms only when it is deployed gradually")
    if re.search(r"^\s*parameter_overrides", (ROOT / "samconfig.toml").read_text(), re.M):
        problem("samconfig.toml", "parameter_overrides would be set again by every deployment")
    for page in [ROOT / "README.md", *ROOT.glob("docs/**/*.md")]:
        if re.search(r"^sam deploy.*--guided", page.read_text(), re.M):
            problem(str(page.relative_to(ROOT)), "--guided saves Mode=shadow, which the next deployment sets again")


# ---------------------------------------------------------------- runbook buttons

TEXT = {"type": "string", "minLength": 1}
STEP = {
    "type": "object",
    "required": ["name", "action", "inputs"],
    "additionalProperties": False,
    "properties": {
        "name": {"type": "string", "pattern": "^[A-Za-z0-9_]+$"},
        "action": {"enum": ["aws:approve", "aws:branch", "aws:invokeLambdaFunction", "aws:sleep"]},
        "maxAttempts": {"type": "integer"},
        "timeoutSeconds": {"type": "integer", "maximum": 900},
        "onFailure": {"enum": ["Abort"]},
        "nextStep": TEXT,
        "isEnd": {"type": "boolean"},
        "inputs": {"type": "object"},
    },
}
INPUTS = {
    "aws:approve": {
        "type": "object",
        "required": ["Approvers", "MinRequiredApprovals", "NotificationArn"],
        "additionalProperties": False,
        "properties": {
            "Approvers": {"type": "array", "minItems": 1},
            "Message": {"type": "string", "maxLength": 4096},
            "MinRequiredApprovals": {"type": "integer", "minimum": 1},
            "NotificationArn": {"type": "string", "pattern": "^arn:aws:sns:"},
        },
    },
    "aws:branch": {
        "type": "object",
        "required": ["Choices", "Default"],  # without it, Automation goes on with the step that comes next
        "additionalProperties": False,
        "properties": {
            "Choices": {
                "type": "array",
                "minItems": 1,
                "items": {
                    "type": "object",
                    "required": ["NextStep", "StringEquals", "Variable"],
                    "additionalProperties": False,
                    "properties": {"NextStep": TEXT, "Variable": TEXT, "StringEquals": TEXT},
                },
            },
            "Default": TEXT,
        },
    },
    "aws:invokeLambdaFunction": {
        "type": "object",
        "required": ["FunctionName", "Payload", "Qualifier"],
        "additionalProperties": False,
        "properties": {"FunctionName": TEXT, "Qualifier": {"const": "live"}, "Payload": TEXT},
    },
    "aws:sleep": {"type": "object", "required": ["Duration"], "additionalProperties": False, "properties": {"Duration": TEXT}},
}
DOCUMENT = {
    "type": "object",
    "required": ["assumeRole", "description", "mainSteps", "outputs", "parameters", "schemaVersion"],
    "additionalProperties": False,
    "properties": {
        "schemaVersion": {"const": "0.3"},
        "description": TEXT,
        "assumeRole": {"type": "string", "pattern": "^arn:aws:iam:"},
        "parameters": {
            "type": "object",
            "additionalProperties": {
                "type": "object",
                "required": ["description", "type"],
                "additionalProperties": False,
                # What a person types is one of a few words, or fits a pattern.
                "oneOf": [{"required": ["allowedValues"]}, {"required": ["allowedPattern"]}],
                "properties": {
                    "type": {"const": "String"},
                    "description": TEXT,
                    "default": {"type": "string"},
                    "allowedValues": {"type": "array", "minItems": 1, "items": {"type": "string"}},
                    "allowedPattern": {"type": "string", "pattern": r"^\^.*\$$"},
                },
            },
        },
        "mainSteps": {"type": "array", "minItems": 1, "items": STEP},
        "outputs": {"type": "array", "items": {"type": "string", "pattern": r"^\w+\.Payload$"}},
    },
}
# What a person who means harm would type where a text is asked for.
HARMFUL = ['x","force":true,"a":"', "x\\", "{{ Target }}", "a\nb", ""]


def buttons(template):
    """Automation documents that Systems Manager takes, and whose payloads the functions take."""
    documents = list(template.of("AWS::SSM::Document"))
    if not documents:
        problem("template.yaml", "there is no runbook button")
    keys = keys_of_commands()
    for name, resource in documents:
        content = resource["Properties"]["Content"]
        found = sorted(jsonschema.Draft202012Validator(DOCUMENT).iter_errors(content), key=str)
        for error in found:
            problem(f"{name}, {error.json_path}", error.message[:200])
        if found:
            continue
        steps = {step["name"]: step for step in content["mainSteps"]}
        parameters = content["parameters"]
        for parameter, declared in parameters.items():
            pattern = declared.get("allowedPattern")
            default = declared.get("default")
            if default is not None and default not in declared.get("allowedValues", [default]):
                problem(f"{name}, {parameter}", f"{default} is not among what is allowed")
            for text in HARMFUL if pattern else []:
                if re.fullmatch(pattern, text):
                    problem(f"{name}, {parameter}", f"its pattern lets {text!r} through")
        for used in re.findall(r"\{\{\s*([^}\s]+)\s*\}\}", json.dumps(content["mainSteps"])):
            if used not in parameters:
                problem(name, f"{{{{ {used} }}}} is no parameter")
        reached = reach(name, content["mainSteps"], steps)
        for lost in steps.keys() - reached:
            problem(f"{name}, {lost}", "no way leads to this step")
        unapproved = reach(name, content["mainSteps"], {**steps, "approve": {"inputs": {}, "isEnd": True}})
        for step in sorted(unapproved):
            if step.startswith("do"):
                problem(f"{name}, {step}", "is reached although nobody has approved it")
        for output in content["outputs"]:
            if output.split(".")[0] not in steps:
                problem(name, f"{output} is the output of no step")
        for step in content["mainSteps"]:
            for error in jsonschema.Draft202012Validator(INPUTS[step["action"]]).iter_errors(step["inputs"]):
                problem(f"{name}, {step['name']}, {error.json_path}", error.message[:200])
            if step["action"] == "aws:invokeLambdaFunction":
                payload(f"{name}, {step['name']}", step, parameters, keys)


def reach(name, ordered, steps):
    """The steps that are reached from the first one, where a step says whither it goes on, or ends."""
    reached, ahead = set(), [ordered[0]["name"]]
    while ahead:
        here = ahead.pop()
        if here in reached:
            continue
        if here not in steps:
            problem(name, f"{here} is no step")
            continue
        reached.add(here)
        step, inputs = steps[here], steps[here]["inputs"]
        following = [choice["NextStep"] for choice in inputs.get("Choices", [])]
        following += [to for to in (inputs.get("Default"), step.get("nextStep")) if to]
        if not following and not step.get("isEnd"):
            problem(f"{name}, {here}", "neither goes on nor ends")
        ahead += following
    return reached


def payload(where, step, parameters, keys):
    """With every allowed value, what is sent is a command that the code knows, and what is only shown is a dry run."""
    text = step["inputs"]["Payload"]
    names = sorted({name for name in re.findall(r"\{\{\s*(\w+)\s*\}\}", text)})
    for values in itertools.product(*(parameters.get(name, {}).get("allowedValues", ["x"]) for name in names)):
        filled = text
        for name, value in zip(names, values):
            filled = re.sub(r"\{\{\s*" + name + r"\s*\}\}", value, filled)
        try:
            command = json.loads(filled)
        except ValueError as error:
            problem(where, f"{filled}: {error}")
            return
        unknown = command.keys() - keys.get(command["command"], set())
        if unknown:
            problem(where, f"the code knows no {', '.join(sorted(unknown))} of a {command['command']}")
        if command.get("dry_run", False) != step["name"].startswith("show"):
            problem(where, "what is shown is a dry run, and what is done is none")


def keys_of_commands():
    code = (ROOT / "shared/model/src/trigger/command.rs").read_text()
    found = re.search(r'let mut known = vec!\[(.*?)\];(.*?)\}\);', code, re.S)
    common = set(re.findall(r'"(\w+)"', found[1]))
    return {verb.lower(): common | set(re.findall(r'"(\w+)"', own)) for verb, own in re.findall(r"Direction::(\w+) => &\[(.*?)\]", found[2])}


# ---------------------------------------------------------------- metrics, the dashboard, the alarms


def emitted():
    """Each metric that the functions write, with the sets of dimensions that it has."""
    code = code_of_functions()
    names = set(re.findall(r'\("([A-Z]\w+)", "(?:Count|Milliseconds)"', code))
    if not {'const NAMESPACE: &str = "Crossover";', 'format!("{NAMESPACE}/{stack}")'} <= set(re.findall(r'const NAMESPACE.*;|format!\("\{NAMESPACE.*?\)', code)):
        problem("shared/lambda", "does not write metrics into the stack's own namespace")
    probe = re.search(r'PROBE_METRIC: &str = "(\w+)"', (ROOT / "shared/model/src/alarm.rs").read_text())[1]
    if '"Dimensions": [["zone"]]' not in (ROOT / "functions/probe/src/line.rs").read_text():
        problem("functions/probe", f"does not write {probe} for each zone")
    return {name: dimensions_of(name) for name in names} | {probe: [{"zone"}]}


def code_of_functions():
    folders = (ROOT / "shared/lambda/src", ROOT / "functions/probe/src")
    return "".join(path.read_text() for folder in folders for path in sorted(folder.rglob("*.rs")) if path.name != "tests.rs")


# Metrics that are of no target.
OF_A_KIND = ("Refused", "CheckDone", "FindingErrors", "FindingWarnings")


def dimensions_of(name):
    if name == "Crossovers":
        return [{"kind", "outcome"}, {"kind", "target", "outcome"}]
    return [{"kind"}] if name in OF_A_KIND else [{"kind"}, {"kind", "target"}]


def known(where, namespace, metric, dimensions, ours):
    if namespace.startswith("Crossover"):
        if namespace != "Crossover/crossover":
            problem(where, f"{namespace} is not the stack's own namespace")
        if metric not in ours:
            problem(where, f"no function writes {metric}")
        elif dimensions not in ours[metric]:
            problem(where, f"{metric} has no dimensions {', '.join(sorted(dimensions))}")
    elif metric not in OF_AWS.get(namespace, ()):
        problem(where, f"{namespace} {metric} is not among OF_AWS")


def metrics(template):
    """Alarms and the dashboard name metrics that are written, and no alarm is silent by omission."""
    ours = emitted()
    alarms = {f"arn:aws:cloudwatch:us-east-1:111122223333:alarm:{name}" for name, _ in template.of("AWS::CloudWatch::Alarm")}
    shown = set()
    for name, resource in template.of("AWS::CloudWatch::Alarm"):
        properties = resource["Properties"]
        if "TreatMissingData" not in properties:
            problem(name, "does not say what missing data means")
        if not properties.get("AlarmActions") and not is_heard(template, name):
            problem(name, "nobody hears of it")
        stats = [one["MetricStat"]["Metric"] for one in properties.get("Metrics", []) if "MetricStat" in one]
        for stat in stats or [properties]:
            dimensions = {one["Name"] for one in stat["Dimensions"]}
            known(name, stat["Namespace"], stat["MetricName"], dimensions, ours)
    for name, resource in template.of("AWS::CloudWatch::Dashboard"):
        body = resource["Properties"]["DashboardBody"]
        try:
            widgets = json.loads(body)["widgets"]
        except (ValueError, KeyError) as error:
            problem(name, f"its body is no dashboard: {error}")
            continue
        for widget in widgets:
            properties = widget["properties"]
            where = f"{name}, {properties['title']}"
            for arn in properties.get("alarms", []):
                shown.add(arn)
                if arn not in alarms:
                    problem(where, f"{arn} is no alarm")
            for metric in properties.get("metrics", []):
                if isinstance(metric[0], str):
                    known(where, metric[0], metric[1], set(metric[2:-1:2]), ours)
                    continue
                search = re.fullmatch(r"SEARCH\('\{\"([^\"]+)\",([\w,]+)\} MetricName=\"(\w+)\"', '\w+', \d+\)", metric[0]["expression"])
                if not search:
                    problem(where, f"{metric[0]['expression']} is not understood")
                    continue
                known(where, search[1], search[3], set(search[2].split(",")), ours)
    # What is not always made can't be shown.
    named = (name for name, resource in template.of("AWS::CloudWatch::Alarm") if "Condition" not in resource)
    own = {f"arn:aws:cloudwatch:us-east-1:111122223333:alarm:{name}" for name in named}
    for arn in own - shown:
        problem("Dashboard", f"does not show {arn.rsplit(':', 1)[1]}")


def is_heard(template, name):
    rules = (it["Properties"] for _, it in template.of("AWS::CloudWatch::CompositeAlarm"))
    return any(f'"{name}"' in rule["AlarmRule"] and rule.get("AlarmActions") for rule in rules)


# ---------------------------------------------------------------- what no loop can write

MOST_METRICS = 10  # that AWS takes in an alarm on an expression


def lists(template):
    """Where functions are written down one by one, since no loop makes a list, none is left out."""
    declared = template.raw["Mappings"]["Functions"]
    functions = {it["Word"] for it in declared.values()}
    kinds = {it["Word"]: name for name, it in declared.items() if "Side" in it}
    for name, resource in template.of("AWS::CloudWatch::Alarm"):
        queries = resource["Properties"].get("Metrics", [])
        stats = {query["Id"]: query["MetricStat"]["Metric"] for query in queries if "MetricStat" in query}
        if len(stats) > MOST_METRICS:
            problem(name, f"{len(stats)} metrics, and an alarm takes {MOST_METRICS}")
        for query in queries:
            if "Expression" in query and sorted(re.findall(r"[a-z_]+", query["Expression"])) != sorted(stats):
                problem(name, f"{query['Expression']} is not about {', '.join(stats)}")
        heard = {one["Value"].removeprefix("crossover-") for stat in stats.values() for one in stat["Dimensions"]}
        of_all = any(stat["Namespace"] == "AWS/Lambda" or stat["MetricName"] == "Refused" for stat in stats.values())
        for word in sorted((functions if of_all else kinds.keys() if stats else set()) - heard):
            problem(name, f"is not about {word}")
    for name, resource in template.of("AWS::CloudWatch::Dashboard"):
        rows = [row for widget in json.loads(resource["Properties"]["DashboardBody"])["widgets"] for row in widget["properties"].get("metrics", [])]
        for metric in ("Errors", "AsyncEventAge"):
            for word in sorted(functions - {row[3].removeprefix("crossover-") for row in rows if row[:2] == ["AWS/Lambda", metric]}):
                problem(name, f"does not show {metric} of {word}")
    roles = template.resources["CrossoverCheck"]["Properties"]["Environment"]["Variables"]["CROSSOVER_ROLES"]
    asked = statement(template, "CrossoverCheckRole", "AskWhatTheRolesMay")
    called = statement(template, "ButtonRole", "AskTheFunctions")
    for word, name in kinds.items():
        role = f"arn:aws:iam::111122223333:role/Crossover{name}Role"
        if f"{word}={role}" not in roles.split(","):
            problem("CrossoverCheck", f"CROSSOVER_ROLES leaves {word} out")
        if role not in asked:
            problem("CrossoverCheckRole", f"does not let the check ask about {word}")
        if template.ref(f"Crossover{name}Aliaslive") not in called:
            problem("ButtonRole", f"does not let the button of {word} work")
        held = [set(template.resources[f"Crossover{of}Role"]["Properties"]["ManagedPolicyArns"]) for of in (name, "Sweep")]
        for policy in sorted(held[0] - held[1]):
            problem("CrossoverSweepRole", f"can't finish a crossover of {word}: it has no {policy}")


def statement(template, role, sid):
    """The resources of a statement of a role's own."""
    policies = template.resources[role]["Properties"]["Policies"]
    statements = [statement for policy in policies for statement in policy["PolicyDocument"]["Statement"]]
    return next(listed(statement["Resource"]) for statement in statements if statement["Sid"] == sid)


# ---------------------------------------------------------------- triggers


def triggers(template):
    """Each event of a service that the code is tried with would come in by a rule."""
    patterns = [
        event["Properties"]["Pattern"]
        for _, function in template.of("AWS::Serverless::Function")
        for event in function["Properties"].get("Events", {}).values()
        if event["Type"] == "EventBridgeRule"
    ]
    patterns += [rule["Properties"]["EventPattern"] for _, rule in template.of("AWS::Events::Rule")]
    for path in sorted((ROOT / "events").glob("*/*.json")):
        if path.parent.name in ("accounts", "garbage"):
            continue
        event = json.loads(path.read_text())
        comes_from = event.get("source", "") if isinstance(event, dict) else ""
        # A schedule has a way of its own, and an alarm's direct action has no detail-type.
        if comes_from in ("", "aws.events", "aws.scheduler") or event.get("detail-type") in (None, *NOT_BROUGHT):
            continue
        if not any(matches(pattern, event) for pattern in patterns):
            problem(str(path.relative_to(ROOT)), "would come in by no rule of the template")


def matches(pattern, event):
    """What EventBridge does with the patterns that the template uses."""
    if isinstance(pattern, dict):
        return all(matches(inner, event.get(key) if isinstance(event, dict) else None) for key, inner in pattern.items())
    return any(event is None if one == {"exists": False} else event == one for one in pattern)


# ---------------------------------------------------------------- versions


# What the template lets call functions by itself, and whom that calls; SAM sees to it for a function's own events.
CALLERS = {
    "AWS::Events::Rule": lambda properties: [target["Arn"] for target in properties["Targets"]],
    "AWS::SNS::Subscription": lambda properties: [properties["Endpoint"]],
}


# The properties of a function that are part of a version, and that CloudFormation changes without one (Lambda Developer Guide,
# "Manage Lambda function versions"). The architecture comes with other code.
CONFIGURED = ("EphemeralStorage", "Layers", "LoggingConfig", "MemorySize", "Timeout", "Tracing", "VpcConfig")


def versions(template):
    """A change of what a function is told makes a new version of it, which the sweep tries first; triggers call the alias."""
    raw = template.raw
    code = code_of_functions()
    shared = raw["Globals"]["Function"]
    for name, resource in raw["Resources"].items():
        if resource["Type"] == "AWS::Serverless::Function":
            own = resource["Properties"]
            properties = {**shared, **own, "LoggingConfig": {**shared["LoggingConfig"], **own["LoggingConfig"]}}
            variables = {**shared["Environment"]["Variables"], **own.get("Environment", {}).get("Variables", {})}
            for variable in variables:
                if f'"{variable}"' not in code:
                    problem(name, f"no code reads {variable}")
            configured = [properties.get(key) for key in CONFIGURED]
            told = json.dumps([variables, *configured])
            said = properties.get("VersionDescription", {}).get("Fn::Sub", "")
            conditions = {name: raw["Conditions"][name] for name in re.findall(r'"Fn::If": \["(\w+)"', told)}
            told += json.dumps(conditions)
            for wanted in sorted(set(re.findall(r'"Ref": "(\w+)"', told))):
                # The journal and the topics are never another one while the stack stands.
                if wanted not in ("Journal", "Notices") and not wanted.endswith("Logs") and f"${{{wanted}}}" not in said:
                    problem(name, f"a change of {wanted} would make no new version: VersionDescription does not say it")
            if properties.get("AutoPublishAlias") != "live" or not properties.get("AutoPublishAliasAllProperties"):
                problem(name, "has no alias that follows all of its properties")
            if "DeploymentPreference" not in properties and resource.get("DependsOn") != "CrossoverSweepAliaslive":
                problem(name, "is neither deployed gradually nor after the sweep")
        elif resource["Type"] == "AWS::Lambda::Permission":
            if not str(resource["Properties"]["FunctionName"].get("Ref", "")).endswith("Aliaslive"):
                problem(name, "is for a function and not for its alias")
        elif resource["Type"] in CALLERS:
            for called in CALLERS[resource["Type"]](resource["Properties"]):
                if not str(called.get("Ref", "")).endswith("Aliaslive"):
                    problem(name, "calls a function and not its alias")


# ---------------------------------------------------------------- docs

# The pages of each notice that a function of About, or one beside it, can make.
PAGES = {
    "begins": ["pending"],
    "crossover": ["completed", "partial", "failed", "pending", "stopped", "aborted", "found"],
    "held": [],  # a page for each reason
    "failed": ["unreadable"],
    "ready": ["ready"],
    "disarmed": ["disarmed"],
    "journal_unread": ["no-journal"],
    "noted": ["recorded"],
    "undeclared": ["undeclared"],
    "forgotten": ["recorded"],
    "paused_too_long": ["still-paused"],
    "pause_over": ["recorded"],
    "unreviewed": ["nobody-has-looked"],
    "flaps": ["held-flaps"],
    "checked": ["check-found", "check-weekly"],
    "notice": [],  # what the others are made of
    "of_crossover": [],  # the same
    "refused": ["refused"],
}
SECTIONS = ["What happened", "What to check", "What to do", "How to undo it"]


# Resource types of the partition aws alone:
# https://docs.aws.amazon.com/chatbot/latest/APIReference/Welcome.html
OF_AWS_ALONE = {"AWS::Chatbot::CustomAction"}


def partitions(template):
    """Other partitions, which lack some resource types, can deploy the template."""
    for name, resource in template.raw["Resources"].items():
        if resource["Type"] in OF_AWS_ALONE:
            condition = template.raw["Conditions"].get(resource.get("Condition"), {})
            if {"Fn::Equals": [{"Ref": "AWS::Partition"}, "aws"]} not in condition.get("Fn::And", []):
                problem(name, "is not in each partition, and has no condition on AWS::Partition")


def docs(template):
    """Every notice and every alarm has its page, every page says the same four things, and no link leads nowhere."""
    runbook = ROOT / "docs/runbook"
    notices = "\n".join(path.read_text() for path in sorted((ROOT / "shared/model/src/notice").glob("*.rs")))
    made = re.findall(r"fn (\w+)(?:<[^>]*>)?\([^{]*?\) -> Notice \{", notices)
    wanted = {"cannot-work"}
    for function in made:
        if function not in PAGES:
            problem("docs/runbook", f"no page is named for the notice that {function} makes: PAGES")
        wanted.update(PAGES.get(function, []))
    for function in PAGES.keys() - set(made):
        problem("PAGES", f"{function} makes no notice")
    decision = (ROOT / "shared/model/src/hold.rs").read_text()
    held = re.search(r"pub enum Held \{(.*?)\n\}", decision, re.S)[1]
    # A page has the name that a reason has on the wire.
    reasons = re.findall(r"^    (?:#\[serde\(rename = \"(\w+)\"\)\]\n    )?(\w+),$", held, re.M)
    kebab = lambda word: re.sub(r"(?<!^)(?=[A-Z])", "-", word).lower().replace("_", "-")
    # Nothing is held for being unreadable: what can't be read at all has failed, and a record that can't is overdue.
    wanted.update(f"held-{kebab(wire or variant)}" for wire, variant in reasons if variant not in ("Other", "Unreadable"))
    index = (runbook / "README.md").read_text()
    there = {page.stem for page in runbook.glob("*.md")} - {"README", "alarms"}
    for page in sorted(wanted - there):
        problem("docs/runbook", f"{page}.md is missing")
    for page in sorted(there - wanted):
        problem(f"docs/runbook/{page}.md", "is about no notice that can be sent")
    for page in sorted(wanted & there):
        text = (runbook / f"{page}.md").read_text()
        if re.findall(r"^## (.*)$", text, re.M) != SECTIONS:
            problem(f"docs/runbook/{page}.md", f"has other sections than {', '.join(SECTIONS)}")
        if f"({page}.md)" not in index:
            problem("docs/runbook/README.md", f"does not lead to {page}.md")
    headings = re.findall(r"^## (.*)$", (runbook / "alarms.md").read_text(), re.M)
    for name, resource in template.of("AWS::CloudWatch::Alarm"):
        if not name.startswith("Example"):
            anchor = resource["Properties"]["AlarmDescription"].rsplit("#", 1)[-1]
            if anchor not in headings or not resource["Properties"]["AlarmName"].endswith(f"-{anchor}"):
                problem("docs/runbook/alarms.md", f"has nothing of {resource['Properties']['AlarmName']}")
    for page in [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")]:
        for link in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text()):
            if not (page.parent / link).exists():
                problem(str(page.relative_to(ROOT)), f"{link} is not there")
    for parameter in re.findall(r"`([A-Z][a-z]\w*)=", "".join(page.read_text() for page in ROOT.glob("docs/**/*.md"))):
        if parameter not in template.raw["Parameters"]:
            problem("docs", f"{parameter} is no parameter of the template")


def main():
    template = Template(expand(source()))
    for check in (rights, sizes, deployments, buttons, metrics, lists, triggers, versions, partitions, docs):
        check(template)
    for one in problems:
        print(f"template.yaml and docs: {one}", file=sys.stderr)
    sys.exit(1 if problems else 0)


if __name__ == "__main__":
    main()
