"""Prints which IAM actions template.yaml grants each function, as {"nat": ["dynamodb:GetItem", …], …}."""

import json

from expand import expand
from template import Template, listed, source


def main():
    template = Template(expand(source()))
    functions = {}
    for _, function in template.of("AWS::Serverless::Function"):
        name = function["Properties"]["Role"].rsplit("/", 1)[-1]
        role = template.resources[name]["Properties"]
        documents = [policy["PolicyDocument"] for policy in role["Policies"]]
        documents += [template.resources[managed]["Properties"]["PolicyDocument"] for managed in role.get("ManagedPolicyArns", [])]
        policies = [policy["Properties"] for _, policy in template.of("AWS::IAM::ManagedPolicy")]
        documents += [policy["PolicyDocument"] for policy in policies if name in policy.get("Roles", [])]
        statements = [statement for document in documents for statement in document["Statement"]]
        actions = {action for statement in statements for action in listed(statement["Action"])}
        functions[function["Properties"]["FunctionName"].removeprefix("crossover-")] = sorted(actions)
    print(json.dumps(functions))


if __name__ == "__main__":
    main()
