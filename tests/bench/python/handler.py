"""What crossover-nat does for one alarm of one target, in Python with boto3: the same calls in the same concurrency.

Only the way that the benchmark takes is here: no guards, no retries, no other kinds of events. So it does less than the
function that it is compared with.
"""

import json
import os
import time
import tomllib
from concurrent.futures import ThreadPoolExecutor

import boto3
from botocore.config import Config

CONFIG = Config(
    connect_timeout=0.8, read_timeout=4, retries={"total_max_attempts": 1}, max_pool_connections=64, parameter_validation=False
)
EC2, DYNAMODB, CLOUDWATCH, SNS = (boto3.client(name, config=CONFIG) for name in ("ec2", "dynamodb", "cloudwatch", "sns"))
POOL = ThreadPoolExecutor(max_workers=64)
TABLE, TOPIC = os.environ["CROSSOVER_TABLE"], os.environ["CROSSOVER_TOPIC_ARN"]
with open(os.environ["CROSSOVER_TOPOLOGY"], "rb") as topology:
    TARGETS = tomllib.load(topology)["nat"]


def key(name, sort="state"):
    return {"pk": {"S": f"target#{name}"}, "sk": {"S": sort}}


def write(name, epoch, **values):
    """An update of the target's item under our epoch."""
    parts = ", ".join(f"#{attribute} = :{attribute}" for attribute in values)
    return {
        "TableName": TABLE,
        "Key": key(name),
        "ConditionExpression": "#epoch = :epoch",
        "UpdateExpression": f"SET #epoch = :epoch, {parts}",
        "ExpressionAttributeNames": {f"#{attribute}": attribute for attribute in ["epoch", *values]},
        "ExpressionAttributeValues": {
            ":epoch": {"N": str(epoch)},
            **{f":{attribute}": value for attribute, value in values.items()},
        },
    }


def take_lease(name, holder, until):
    return DYNAMODB.update_item(
        TableName=TABLE,
        Key=key(name),
        ConditionExpression="attribute_not_exists(#lease) OR attribute_exists(#released) OR #lease_until <= :taken",
        UpdateExpression="SET #epoch = if_not_exists(#epoch, :zero) + :one, #lease = :lease, #lease_until = :until REMOVE #released",
        ExpressionAttributeNames={f"#{name}": name for name in ("epoch", "lease", "lease_until", "released")},
        ExpressionAttributeValues={
            ":zero": {"N": "0"},
            ":one": {"N": "1"},
            ":taken": {"N": str(time.time_ns())},
            ":until": {"N": str(until)},
            ":lease": {"S": json.dumps({"holder": holder})},
        },
        ReturnValues="ALL_OLD",
    )


def route_tables(name, *values):
    pages = EC2.get_paginator("describe_route_tables").paginate(
        Filters=[{"Name": name, "Values": list(values)}], PaginationConfig={"PageSize": 100}
    )
    return [table for page in pages for table in page["RouteTables"]]


def cross_over(target, context):
    name, sides = target["name"], target["side"]
    gateways = {side["gateway"]: side for side in sides}
    of_vpc = [{"Name": "vpc-id", "Values": [target["vpc"]]}]
    alarms = [alarm for side in sides for alarm in side["alarms"]]
    until = time.time_ns() + context.get_remaining_time_in_millis() * 1_000_000
    reads = [
        POOL.submit(take_lease, name, context.aws_request_id, until),
        POOL.submit(DYNAMODB.get_item, TableName=TABLE, Key=key("*"), ConsistentRead=True),
        POOL.submit(CLOUDWATCH.describe_alarms, AlarmNames=alarms, AlarmTypes=["MetricAlarm", "CompositeAlarm"], MaxRecords=100),
        POOL.submit(route_tables, "vpc-id", target["vpc"]),
        POOL.submit(EC2.describe_subnets, Filters=of_vpc, MaxResults=1000),
        POOL.submit(EC2.describe_nat_gateways, Filters=[{"Name": "nat-gateway-id", "Values": list(gateways)}], MaxResults=1000),
    ]
    lease, _, described, tables, subnets, nats = [read.result() for read in reads]
    epoch = int(lease.get("Attributes", {}).get("epoch", {"N": "0"})["N"]) + 1
    states = {alarm["AlarmName"]: alarm["StateValue"] for alarm in described["MetricAlarms"] + described["CompositeAlarms"]}
    available = {nat["NatGatewayId"] for nat in nats["NatGateways"] if nat["State"] == "available"}
    zones = {subnet["SubnetId"]: subnet["AvailabilityZone"] for subnet in subnets["Subnets"]}
    sick = {side["gateway"] for side in sides if any(states.get(alarm) == "ALARM" for alarm in side["alarms"])}
    well = [gateway for gateway in gateways if gateway not in sick and gateway in available]

    steps = []
    for table in tables:
        home = {zones.get(association.get("SubnetId")) for association in table["Associations"]}
        for route in table["Routes"]:
            if route.get("DestinationCidrBlock") == "0.0.0.0/0" and route.get("NatGatewayId") in sick and well and home:
                steps.append({"table": table["RouteTableId"], "from": route["NatGatewayId"], "to": well[0]})
    plan = json.dumps({"steps": steps})
    writes = [POOL.submit(DYNAMODB.update_item, **write(name, epoch, memory={"S": plan}))]
    writes += [
        POOL.submit(EC2.replace_route, RouteTableId=step["table"], DestinationCidrBlock="0.0.0.0/0", NatGatewayId=step["to"])
        for step in steps
    ]
    for done in writes:
        done.result()

    seen = {table["RouteTableId"]: table for table in route_tables("route-table-id", *(step["table"] for step in steps))}
    moved = [step for step in steps if any(route.get("NatGatewayId") == step["to"] for route in seen[step["table"]]["Routes"])]
    crossover = {**key(name, f"crossover#{context.aws_request_id}"), "crossover": {"S": plan}}
    DYNAMODB.transact_write_items(
        TransactItems=[
            {"Update": write(name, epoch, memory={"S": plan})},
            {"Put": {"TableName": TABLE, "Item": crossover}},
        ]
    )
    SNS.publish(TopicArn=TOPIC, Subject=f"{name}: {len(moved)} routes moved", Message=plan)
    DYNAMODB.update_item(**write(name, epoch, released={"N": str(time.time_ns())}))
    return {"target": name, "outcome": "completed" if len(moved) == len(steps) else "partial", "steps": moved}


def handler(event, context):
    alarm = event["detail"]["alarmName"]
    owning = [target for target in TARGETS if any(alarm in side["alarms"] for side in target["side"])]
    answers = [cross_over(target, context) for target in owning]
    return {"outcome": answers[0]["outcome"] if answers else "ignored", "targets": answers}
