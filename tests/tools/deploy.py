"""Deploys template.yaml into the local emulators, and presses its runbook buttons there.

    deploy.py stack MINISTACK MOTO BINARIES TOPOLOGY   prints the stack's outputs as JSON
    deploy.py press MINISTACK BUTTON NAME=VALUE …      prints what each step of an automation answered, as JSON
    deploy.py deliver MINISTACK FUNCTION EVENT         hands a function an event, as a service does: nobody waits for an answer

CloudFormation, Lambda and all that the functions need but for EC2 are ministack's; EC2 is moto's.
"""

import io
import json
import os
import re
import sys
import time
import zipfile
from pathlib import Path

import boto3
from samtranslator.translator.transform import transform

from expand import expand
from template import Template, source

STACK = "crossover"
BUCKET = "crossover-build"
PATIENCE = 300  # seconds, for a machine that compiles at the same time
# ministack's CloudFormation does not know these, so that they are left out, with what names them.
UNKNOWN = ("AWS::CodeDeploy::Application", "AWS::CodeDeploy::DeploymentGroup", "AWS::SSM::Document")


class NoManagedPolicies:
    """The template names none of AWS's own policies."""

    def load(self):
        return {}


def client(service, endpoint):
    keys = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}
    return boto3.client(service, endpoint_url=endpoint, region_name="us-east-1", **keys)


def functions(template):
    """Each function's logical id, and the binary that it is built from."""
    resources = template["Resources"].items()
    return {name: it["Metadata"]["BuildProperties"]["Binary"] for name, it in resources if it["Type"] == "AWS::Serverless::Function"}


def built(folder, function, binary):
    """A function's binary where `sam build` leaves it, or else where cargo does."""
    by_sam = Path(folder, function, "bootstrap")
    return by_sam if by_sam.exists() else Path(folder, binary)


def stack(ministack, moto, binaries, topology):
    s3 = client("s3", ministack)
    s3.create_bucket(Bucket=BUCKET)
    template = expand(source())
    for function, binary in functions(template).items():
        s3.put_object(Bucket=BUCKET, Key=binary, Body=zipped("bootstrap", built(binaries, function, binary).read_bytes()))
    s3.put_object(Bucket=BUCKET, Key="topology", Body=zipped("topology.toml", Path(topology).read_bytes()))
    s3.put_object(Bucket=BUCKET, Key="template", Body=json.dumps(transformed(template, ministack, moto, topology)))

    cloudformation = client("cloudformation", ministack)
    parameters = [{"ParameterKey": "Mode", "ParameterValue": "armed"}]
    url = f"{ministack}/{BUCKET}/template"
    capabilities = ["CAPABILITY_IAM"]
    cloudformation.create_stack(StackName=STACK, TemplateURL=url, Capabilities=capabilities, Parameters=parameters)
    deadline = time.monotonic() + PATIENCE
    while True:
        made = cloudformation.describe_stacks(StackName=STACK)["Stacks"][0]
        if made["StackStatus"] == "CREATE_COMPLETE":
            break
        if not made["StackStatus"].endswith("IN_PROGRESS") or time.monotonic() > deadline:
            events = cloudformation.describe_stack_events(StackName=STACK)["StackEvents"]
            failed = [event for event in events if "FAILED" in event["ResourceStatus"]]
            sys.exit(f"the stack is {made['StackStatus']}: {failed}")
        time.sleep(0.2)
    print(json.dumps({output["OutputKey"]: output["OutputValue"] for output in made["Outputs"]}))


def zipped(name, data):
    """A zip of one file that can be run. It is not compressed: nobody downloads it."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as file:
        entry = zipfile.ZipInfo(name)
        entry.external_attr = 0o755 << 16
        file.writestr(entry, data)
    return archive.getvalue()


def transformed(expanded, ministack, moto, topology):
    """The template as SAM transforms it, told where the emulators listen, without what ministack does not know."""
    os.environ.setdefault("AWS_DEFAULT_REGION", "us-east-1")
    del expanded["Globals"]["Function"]["CodeUri"]
    for function, binary in functions(expanded).items():
        expanded["Resources"][function]["Properties"]["CodeUri"] = {"Bucket": BUCKET, "Key": binary}
    expanded["Resources"]["Topology"]["Properties"]["ContentUri"] = {"Bucket": BUCKET, "Key": "topology"}
    # ministack does not unpack layers where a function looks for them.
    expanded["Globals"]["Function"]["Environment"]["Variables"] |= {
        "AWS_ENDPOINT_URL": ministack,
        "AWS_ENDPOINT_URL_EC2": moto,
        "CROSSOVER_TOPOLOGY": topology,
    }
    template = transform(expanded, {}, NoManagedPolicies())
    template.pop("Transform", None)
    resources = template["Resources"]
    unknown = [name for name, resource in resources.items() if resource["Type"] in UNKNOWN]
    for name in unknown:
        del resources[name]
    for resource in resources.values():
        # It goes with the deployment group.
        resource.pop("UpdatePolicy", None)
        # ministack knows no metric math: the first of its metrics is as good for a stack that is looked at by a test.
        properties = resource.get("Properties", {})
        if resource["Type"] == "AWS::CloudWatch::Alarm" and "Metrics" in properties:
            metrics = [query["MetricStat"] for query in properties.pop("Metrics") if "MetricStat" in query]
            properties |= metrics[0]["Metric"] | {"Period": metrics[0]["Period"], "Statistic": metrics[0]["Stat"]}
    named = lambda output: any(f'"{name}"' in json.dumps(output) for name in unknown)
    template["Outputs"] = {name: output for name, output in template["Outputs"].items() if not named(output)}
    return template


def press(ministack, button, *arguments):
    """Runs an automation's steps as Systems Manager does; an approval is given."""
    template = Template(expand(source()))
    document = template.resources[button]["Properties"]["Content"]
    values = {name: parameter.get("default") for name, parameter in document["parameters"].items()}
    values |= dict(argument.split("=", 1) for argument in arguments)
    for name, value in values.items():
        parameter = document["parameters"][name]
        fits = value in parameter["allowedValues"] if "allowedValues" in parameter else re.search(parameter["allowedPattern"], value or "")
        if not fits:
            sys.exit(f"{name}: {value!r} is not allowed")
    fill = lambda text: re.sub(r"{{ (\w+) }}", lambda found: values[found[1]], text)
    steps = document["mainSteps"]
    order = [step["name"] for step in steps]
    answers, name = [], order[0]
    while name:
        step = steps[order.index(name)]
        inputs, following = step["inputs"], order[order.index(name) + 1 : order.index(name) + 2]
        name = step.get("nextStep") or (following[0] if following and not step.get("isEnd") else None)
        if step["action"] == "aws:branch":
            matching = [choice["NextStep"] for choice in inputs["Choices"] if fill(choice["Variable"]) == choice["StringEquals"]]
            name = matching[0] if matching else inputs["Default"]
        if step["action"] == "aws:invokeLambdaFunction":
            function = template.resources[inputs["FunctionName"]]["Properties"]["FunctionName"]
            asked = {"FunctionName": function, "Qualifier": inputs["Qualifier"], "Payload": fill(inputs["Payload"])}
            answer = client("lambda", ministack).invoke(**asked)["Payload"].read()
            answers.append({"step": step["name"], "answer": json.loads(answer)})
    print(json.dumps(answers))


def deliver(ministack, function, event):
    invoked = client("lambda", ministack).invoke(FunctionName=function, Qualifier="live", InvocationType="Event", Payload=event)
    print(json.dumps({"status": invoked["StatusCode"]}))


if __name__ == "__main__":
    {"stack": stack, "press": press, "deliver": deliver}[sys.argv[1]](*sys.argv[2:])
