"""Seeds an account of an emulator with what stands around the targets, and prints its ids and keys as JSON.

    estate.py MOTO sound|single ROLE

In the sound one everything is there twice, in the single one once. The account is that of the role.
"""

import json
import sys
import time

import boto3

HOME, STANDBY = "us-east-1", "us-west-2"
ZONES = ("us-east-1a", "us-east-1b")
ADMINISTRATOR = "arn:aws:iam::aws:policy/AdministratorAccess"


class Account:
    def __init__(self, endpoint, role, sound):
        self.endpoint, self.sound, self.keys = endpoint, sound, {"aws_access_key_id": "test", "aws_secret_access_key": "test"}
        given = self.client("sts").assume_role(RoleArn=role, RoleSessionName="seed", ExternalId="seed")["Credentials"]
        self.keys = {
            "aws_access_key_id": given["AccessKeyId"],
            "aws_secret_access_key": given["SecretAccessKey"],
            "aws_session_token": given["SessionToken"],
        }
        self.id = role.split(":")[4]
        self.made = {"keys": self.keys}

    def client(self, service, region=HOME):
        return boto3.client(service, endpoint_url=self.endpoint, region_name=region, **self.keys)

    def network(self):
        ec2 = self.client("ec2")
        vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]

        def subnet(zone, number):
            return ec2.create_subnet(VpcId=vpc, AvailabilityZone=zone, CidrBlock=f"10.0.{number}.0/24")["Subnet"]["SubnetId"]

        public = [subnet(zone, number) for number, zone in enumerate(ZONES)]
        self.subnets = [subnet(zone, 10 + number) for number, zone in enumerate(ZONES)]
        nats = []
        for side in range(2 if self.sound else 1):
            nat = ec2.create_nat_gateway(SubnetId=public[side], ConnectivityType="private")["NatGateway"]["NatGatewayId"]
            nats.append(nat)
        for side, private in enumerate(self.subnets):
            table = ec2.create_route_table(VpcId=vpc)["RouteTable"]["RouteTableId"]
            ec2.associate_route_table(RouteTableId=table, SubnetId=private)
            ec2.create_route(RouteTableId=table, DestinationCidrBlock="0.0.0.0/0", NatGatewayId=nats[side % len(nats)])
        gateway = ec2.create_vpn_gateway(Type="ipsec.1")["VpnGateway"]["VpnGatewayId"]
        for device in range(2 if self.sound else 1):
            other = ec2.create_customer_gateway(Type="ipsec.1", BgpAsn=65000, PublicIp=f"192.0.2.{device + 1}")
            other = other["CustomerGateway"]["CustomerGatewayId"]
            ec2.create_vpn_connection(Type="ipsec.1", CustomerGatewayId=other, VpnGatewayId=gateway)
        self.vpc = vpc
        self.made |= {"nat": nats[0], "vpn_gateway": gateway}

    def fleet(self):
        ec2, scaling, elb = self.client("ec2"), self.client("autoscaling"), self.client("elbv2")
        started = ec2.run_instances(ImageId="ami-12c6146b", MinCount=1, MaxCount=1, SubnetId=self.subnets[0])["Instances"][0]
        instance = started["InstanceId"]
        image = ec2.create_image(InstanceId=instance, Name="web-42")["ImageId"]
        volume = ec2.describe_instances(InstanceIds=[instance])["Reservations"][0]["Instances"][0]["BlockDeviceMappings"][0]
        volume = volume["Ebs"]["VolumeId"]
        if self.sound:
            snapshot = ec2.create_snapshot(VolumeId=volume)["SnapshotId"]
            there = self.client("ec2", STANDBY)
            text = f"[Copied {snapshot} from {HOME}]"
            there.copy_snapshot(SourceRegion=HOME, SourceSnapshotId=snapshot, Description=text)
            there.copy_image(SourceRegion=HOME, SourceImageId=image, Name="web-42")
        template = ec2.create_launch_template(LaunchTemplateName="web", LaunchTemplateData={"ImageId": image})
        template = template["LaunchTemplate"]["LaunchTemplateId"]
        zones = self.subnets if self.sound else self.subnets[:1]
        balancer = elb.create_load_balancer(Name="web", Type="network", Subnets=zones)["LoadBalancers"][0]["LoadBalancerArn"]
        flat = elb.create_load_balancer(Name="flat", Type="network", Subnets=self.subnets)["LoadBalancers"][0]["LoadBalancerArn"]
        # A new Network Load Balancer does not have it.
        cross_zone = "load_balancing.cross_zone.enabled"
        even = elb.create_load_balancer(Name="even", Type="network", Subnets=self.subnets)["LoadBalancers"][0]["LoadBalancerArn"]
        for arn, value in ((balancer, "true"), (flat, "true" if self.sound else "false"), (even, "true")):
            elb.modify_load_balancer_attributes(LoadBalancerArn=arn, Attributes=[{"Key": cross_zone, "Value": value}])
        own = elb.create_target_group(Name="own", Protocol="TCP", Port=80, VpcId=self.vpc)["TargetGroups"][0]["TargetGroupArn"]
        action = [{"Type": "forward", "TargetGroupArn": own}]
        elb.create_listener(LoadBalancerArn=even, Protocol="TCP", Port=80, DefaultActions=action)
        if not self.sound:
            elb.modify_target_group_attributes(TargetGroupArn=own, Attributes=[{"Key": cross_zone, "Value": "false"}])
        group = elb.create_target_group(Name="web", Protocol="TCP", Port=80, VpcId=self.vpc)["TargetGroups"][0]["TargetGroupArn"]
        action = [{"Type": "forward", "TargetGroupArn": group}]
        elb.create_listener(LoadBalancerArn=balancer, Protocol="TCP", Port=80, DefaultActions=action)
        scaling.create_auto_scaling_group(
            AutoScalingGroupName="web",
            LaunchTemplate={"LaunchTemplateId": template, "Version": "$Latest"},
            MinSize=2,
            DesiredCapacity=2,
            MaxSize=4 if self.sound else 2,
            VPCZoneIdentifier=",".join(zones),
            TargetGroupARNs=[group],
            HealthCheckType="ELB" if self.sound else "EC2",
            HealthCheckGracePeriod=60,
        )
        if not self.sound:
            scaling.create_auto_scaling_group(
                AutoScalingGroupName="tight",
                LaunchTemplate={"LaunchTemplateName": "web", "Version": "1"},
                MinSize=2,
                DesiredCapacity=2,
                MaxSize=2,
                VPCZoneIdentifier=",".join(self.subnets),
            )
        self.made |= {"instance": instance, "volume": volume, "image": image}

    def databases(self):
        rds, there = self.client("rds"), self.client("rds", STANDBY)
        login = {"MasterUsername": "admin", "MasterUserPassword": "not-a-secret"}
        rds.create_db_instance(
            DBInstanceIdentifier="orders",
            Engine="mysql",
            DBInstanceClass="db.t4g.micro",
            AllocatedStorage=20,
            MultiAZ=self.sound,
            BackupRetentionPeriod=0,
            **login,
        )
        rds.create_db_cluster(DBClusterIdentifier="shop", Engine="aurora-mysql", **login)
        for member in range(2 if self.sound else 1):
            rds.create_db_instance(
                DBInstanceIdentifier=f"shop-{member}",
                DBClusterIdentifier="shop",
                Engine="aurora-mysql",
                DBInstanceClass="db.t4g.medium",
            )
        cache = self.client("elasticache")
        self.replicated(cache, "sessions", 2 if self.sound else 1, failover=self.sound, zones=self.sound)
        if not self.sound:
            self.replicated(cache, "carts", 2, failover=False, zones=False)
            self.replicated(cache, "prices", 2, failover=True, zones=False)
            cache.create_cache_cluster(
                CacheClusterId="pages", Engine="memcached", NumCacheNodes=1, CacheNodeType="cache.t4g.micro"
            )
            return
        one = rds.create_db_snapshot(DBSnapshotIdentifier="orders-1", DBInstanceIdentifier="orders")["DBSnapshot"]
        source = {"SourceDBSnapshotIdentifier": one["DBSnapshotArn"], "TargetDBSnapshotIdentifier": "orders-1"}
        there.copy_db_snapshot(SourceRegion=HOME, **source)
        one = rds.create_db_cluster_snapshot(DBClusterSnapshotIdentifier="shop-1", DBClusterIdentifier="shop")
        one = one["DBClusterSnapshot"]["DBClusterSnapshotArn"]
        source = {"SourceDBClusterSnapshotIdentifier": one, "TargetDBClusterSnapshotIdentifier": "shop-1"}
        there.copy_db_cluster_snapshot(SourceRegion=HOME, **source)
        cache.create_snapshot(ReplicationGroupId="sessions", SnapshotName="sessions-1")

    def replicated(self, cache, name, nodes, failover, zones):
        cache.create_replication_group(
            ReplicationGroupId=name,
            ReplicationGroupDescription=name,
            Engine="redis",
            CacheNodeType="cache.t4g.micro",
            NumCacheClusters=nodes,
            AutomaticFailoverEnabled=failover,
            MultiAZEnabled=zones,
        )

    def stores(self):
        s3, dynamodb = self.client("s3"), self.client("dynamodb")
        name = f"uploads-{self.id}"
        s3.create_bucket(Bucket=name)
        dynamodb.create_table(
            TableName="carts",
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
            StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"},
        )
        self.made["bucket"] = name
        if not self.sound:
            return
        copy = f"copies-{self.id}"
        self.client("s3", STANDBY).create_bucket(Bucket=copy, CreateBucketConfiguration={"LocationConstraint": STANDBY})
        for bucket in (name, copy):
            s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
        rule = {"ID": "all", "Status": "Enabled", "Prefix": "", "Destination": {"Bucket": f"arn:aws:s3:::{copy}"}}
        role = f"arn:aws:iam::{self.id}:role/replication"
        s3.put_bucket_replication(Bucket=name, ReplicationConfiguration={"Role": role, "Rules": [rule]})
        recovery = {"PointInTimeRecoveryEnabled": True}
        dynamodb.update_continuous_backups(TableName="carts", PointInTimeRecoverySpecification=recovery)
        dynamodb.update_table(TableName="carts", ReplicaUpdates=[{"Create": {"RegionName": STANDBY}}])

    def delivery(self):
        origin = {"Id": "a", "DomainName": "a.example.com", "CustomOriginConfig": {
            "HTTPPort": 80, "HTTPSPort": 443, "OriginProtocolPolicy": "https-only"}}
        items = [origin, origin | {"Id": "b", "DomainName": "b.example.com"}]
        config = {
            "CallerReference": "1",
            "Comment": "",
            "Enabled": True,
            "Origins": {"Quantity": len(items), "Items": items},
            "DefaultCacheBehavior": {
                "TargetOriginId": "a",
                "ViewerProtocolPolicy": "https-only",
                "ForwardedValues": {"QueryString": False, "Cookies": {"Forward": "none"}},
                "MinTTL": 0,
            },
        }
        if self.sound:
            group = {
                "Id": "both",
                "FailoverCriteria": {"StatusCodes": {"Quantity": 1, "Items": [503]}},
                "Members": {"Quantity": 2, "Items": [{"OriginId": "a"}, {"OriginId": "b"}]},
            }
            config["OriginGroups"] = {"Quantity": 1, "Items": [group]}
        made = self.client("cloudfront").create_distribution(DistributionConfig=config)["Distribution"]["Id"]
        deploy = self.client("codedeploy")
        deploy.create_application(applicationName="shop", computePlatform="Server")
        rollback = {"enabled": self.sound, "events": ["DEPLOYMENT_FAILURE"] if self.sound else []}
        deploy.create_deployment_group(
            applicationName="shop",
            deploymentGroupName="prod",
            serviceRoleArn=f"arn:aws:iam::{self.id}:role/deploy",
            autoRollbackConfiguration=rollback,
        )
        self.made["distribution"] = made

    def people(self):
        iam, sns, cloudwatch = self.client("iam"), self.client("sns"), self.client("cloudwatch")
        iam.create_group(GroupName="administrators")
        iam.attach_group_policy(GroupName="administrators", PolicyArn=ADMINISTRATOR)
        for name in ("ann", "bob"):
            iam.create_user(UserName=name)
            iam.create_login_profile(UserName=name, Password="not-a-secret-1A!")
            if name == "ann" or self.sound:
                device = iam.create_virtual_mfa_device(VirtualMFADeviceName=name)["VirtualMFADevice"]["SerialNumber"]
                codes = {"AuthenticationCode1": "123456", "AuthenticationCode2": "654321"}
                iam.enable_mfa_device(UserName=name, SerialNumber=device, **codes)
        iam.attach_user_policy(UserName="ann", PolicyArn=ADMINISTRATOR)
        iam.add_user_to_group(GroupName="administrators", UserName="bob")
        for name in ("alarms", "notices"):
            topic = sns.create_topic(Name=name)["TopicArn"]
            addresses = ["ann@example.com", "bob@example.com"] if self.sound else ["ann@example.com"] * (name == "alarms")
            for address in addresses:
                sns.subscribe(TopicArn=topic, Protocol="email", Endpoint=address)
            self.made[name] = topic
        for name in ("plain", "composed: a"):
            alarm = {"Namespace": "Test", "MetricName": "Test", "Period": 60, "EvaluationPeriods": 1, "Threshold": 1.0}
            cloudwatch.put_metric_alarm(
                AlarmName=name,
                ComparisonOperator="GreaterThanThreshold",
                Statistic="Sum",
                AlarmActions=[self.made["alarms"]],
                **alarm,
            )


def main(endpoint, which, role):
    account = Account(endpoint, role, which == "sound")
    for seed in (account.network, account.fleet, account.databases, account.stores, account.delivery, account.people):
        began = time.monotonic()
        seed()
        print(f"{seed.__name__}: {time.monotonic() - began:.1f} s", file=sys.stderr)
    # The first call only has the report begun.
    account.client("iam").generate_credential_report()
    print(json.dumps(account.made))


if __name__ == "__main__":
    main(*sys.argv[1:])
