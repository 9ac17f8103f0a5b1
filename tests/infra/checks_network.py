"""The network of staging and prod, and that dev and test have none [5, 25, 26]."""

import ipaddress

from checks import GUARDED, of_type, proves, target
from mutating import add, drop, put, remove

# What the functions call, by interface endpoint; each has a gateway or an endpoint, so that nothing of it leaves by the NAT.
CALLED = {"sqs", "events", "states", "secretsmanager", "kms", "logs", "xray", "bedrock-runtime", "git-codecommit"}


def routes(resources: dict, subnet: str) -> list[dict]:
    """The routes that a subnet's traffic takes."""
    tables = {
        target(link["RouteTableId"])
        for link in of_type(resources, "AWS::EC2::SubnetRouteTableAssociation").values()
        if target(link["SubnetId"]) == subnet
    }
    return [route for route in of_type(resources, "AWS::EC2::Route").values() if target(route["RouteTableId"]) in tables]


def function_subnets(resources: dict) -> set[str]:
    functions = of_type(resources, "AWS::Lambda::Function")
    subnets = {
        target(subnet)
        for name, function in functions.items()
        for subnet in function.get("VpcConfig", {}).get("SubnetIds", [])
    }
    outside = [name for name, function in functions.items() if not function.get("VpcConfig")]
    assert not outside, f"outside the network: {outside}"
    return subnets


@proves(5, 25, on=GUARDED)
def functions_run_in_private_subnets_of_two_zones(resources, _):
    subnets = of_type(resources, "AWS::EC2::Subnet")
    inside = function_subnets(resources)
    assert len({subnets[name]["AvailabilityZone"] for name in inside}) >= 2, "one zone is not enough"
    for name in inside:
        assert subnets[name]["MapPublicIpOnLaunch"] is False, name
        ways = routes(resources, name)
        assert ways and not [way for way in ways if "GatewayId" in way], f"{name} is public"
    blocks = [ipaddress.ip_network(subnet["CidrBlock"]) for subnet in subnets.values()]
    assert not [1 for a in blocks for b in blocks if a is not b and a.overlaps(b)], "subnets overlap"


@proves(5, on=["prod"])
def every_zone_has_its_own_way_out(resources, _):
    nats = of_type(resources, "AWS::EC2::NatGateway")
    subnets = of_type(resources, "AWS::EC2::Subnet")
    for name in function_subnets(resources):
        (out,) = {target(way["NatGatewayId"]) for way in routes(resources, name) if way.get("DestinationCidrBlock") == "0.0.0.0/0"}
        assert subnets[target(nats[out]["SubnetId"])]["AvailabilityZone"] == subnets[name]["AvailabilityZone"], name


@proves(25, on=GUARDED)
def public_subnets_hold_nats_only(resources, _):
    nats = {target(nat["SubnetId"]) for nat in of_type(resources, "AWS::EC2::NatGateway").values()}
    assert nats
    public = {
        name
        for name in of_type(resources, "AWS::EC2::Subnet")
        if any("GatewayId" in way for way in routes(resources, name))
    }
    assert nats <= public
    for name, resource in resources.items():
        if resource["Type"] not in ("AWS::EC2::NatGateway", "AWS::EC2::SubnetRouteTableAssociation"):
            inside = [subnet for subnet in public if f"ref:{subnet}" in str(resource.get("Properties"))]
            assert not inside or resource["Type"] == "AWS::CloudFormation::Stack", f"{name} stands in {inside}"


@proves(25, on=GUARDED)
def aws_is_called_privately(resources, _):
    endpoints = of_type(resources, "AWS::EC2::VPCEndpoint").values()
    gateways = {e["ServiceName"].rsplit(".", 1)[1]: e for e in endpoints if e["VpcEndpointType"] == "Gateway"}
    private = {name for name in of_type(resources, "AWS::EC2::RouteTable") if "Private" in name}
    assert set(gateways) == {"s3", "dynamodb"}
    for name, gateway in gateways.items():
        assert {target(table) for table in gateway["RouteTableIds"]} == private, name
    interfaces = {e["ServiceName"].rsplit(".", 1)[1]: e for e in endpoints if e["VpcEndpointType"] == "Interface"}
    assert set(interfaces) == CALLED
    for name, interface in interfaces.items():
        assert interface["PrivateDnsEnabled"] is True, name
        assert {target(subnet) for subnet in interface["SubnetIds"]} == function_subnets(resources), name
        assert interface["SecurityGroupIds"] == ["ref:Network/Endpoints"], name


@proves(26, on=GUARDED)
def functions_go_out_by_https_and_nobody_comes_in(resources, _):
    groups = of_type(resources, "AWS::EC2::SecurityGroup")
    inside = groups["Network/Functions"]
    assert [(rule["FromPort"], rule["ToPort"], rule["IpProtocol"]) for rule in inside["SecurityGroupEgress"]] == [(443, 443, "tcp")]
    assert not inside.get("SecurityGroupIngress")
    (entry,) = groups["Network/Endpoints"]["SecurityGroupIngress"]
    assert entry.pop("Description")
    assert entry == {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "SourceSecurityGroupId": "ref:Network/Functions"}
    assert [rule["CidrIp"] for rule in groups["Network/Endpoints"]["SecurityGroupEgress"]] == ["127.0.0.1/32"]
    for name, function in of_type(resources, "AWS::Lambda::Function").items():
        assert function["VpcConfig"]["SecurityGroupIds"] == ["ref:Network/Functions"], name


@proves(25, 28, 56, on=GUARDED)
def traffic_is_logged(resources, _):
    (log,) = of_type(resources, "AWS::EC2::FlowLog").values()
    assert log["TrafficType"] == "ALL" and log["ResourceId"] == "ref:Network/Vpc"
    assert resources[target(log["LogGroupName"])]["Properties"]["RetentionInDays"] == 365


# Billed while it exists, whether anybody uses it or not.
BY_THE_HOUR = {
    "AWS::EC2::NatGateway",
    "AWS::EC2::EIP",
    "AWS::EC2::VPCEndpoint",
    "AWS::OpenSearchServerless::Collection",
    "AWS::OpenSearchServerless::VpcEndpoint",
    "AWS::ApplicationAutoScaling::ScalableTarget",
    "AWS::WAFv2::WebACL",
    "AWS::Kinesis::Stream",
}
# What is billed by the month, in USD: list prices of Tokyo, November 2026, before free allowances.
BY_THE_MONTH = {
    "AWS::KMS::Key": 1.0,
    "AWS::SecretsManager::Secret": 0.4,
    "AWS::CloudWatch::Dashboard": 3.0,
    "AWS::Logs::MetricFilter": 0.3,
}
ALARM_OF_A_METRIC = 0.1


def monthly(resources: dict) -> float:
    """What an environment costs in a month in which nobody uses it, in USD."""
    counted = sum(BY_THE_MONTH.get(resource["Type"], 0) for resource in resources.values())
    alarms = of_type(resources, "AWS::CloudWatch::Alarm").values()
    return counted + sum(ALARM_OF_A_METRIC * sum("MetricStat" in m for m in a.get("Metrics", [{"MetricStat": 1}])) for a in alarms)


@proves(1, 39, on=["dev", "test"])
def nothing_is_billed_by_the_hour_where_people_develop(resources, _):
    hourly = [name for name, resource in resources.items() if resource["Type"] in BY_THE_HOUR]
    assert not hourly, f"billed by the hour: {hourly}"
    for name, alias in of_type(resources, "AWS::Lambda::Alias").items():
        assert "ProvisionedConcurrencyConfig" not in alias, f"{name} is kept warm"
    assert monthly(resources) <= 15, f"{monthly(resources):.2f} USD a month"


def _two_zones_in_one(resources, _):
    zones = of_type(resources, "AWS::EC2::Subnet")
    for subnet in zones.values():
        subnet["AvailabilityZone"] = "ap-northeast-1a"


def _open_endpoints(resources, _):
    resources["Network/Endpoints"]["Properties"]["SecurityGroupIngress"][0]["SourceSecurityGroupId"] = "ref:Other"


BROKEN = [
    ("functions_run_in_private_subnets_of_two_zones", _two_zones_in_one),
    ("functions_run_in_private_subnets_of_two_zones", drop("PlanFunction", "VpcConfig")),
    ("functions_run_in_private_subnets_of_two_zones", put("Network/PrivateB", "10.64.0.0/20", "CidrBlock")),
    ("every_zone_has_its_own_way_out", put("Network/WayOutOfB", "ref:Network/NatA", "NatGatewayId")),
    ("public_subnets_hold_nats_only", put("ApiFunction", ["ref:Network/PublicA"], "VpcConfig", "SubnetIds")),
    ("aws_is_called_privately", remove("Network/Interfacesecretsmanager")),
    ("aws_is_called_privately", remove("Network/Gatewaydynamodb")),
    ("functions_go_out_by_https_and_nobody_comes_in", put("Network/Functions", 80, "SecurityGroupEgress", 0, "FromPort")),
    ("functions_go_out_by_https_and_nobody_comes_in", _open_endpoints),
    ("traffic_is_logged", put("Network/FlowLog", "REJECT", "TrafficType")),
    ("nothing_is_billed_by_the_hour_where_people_develop", add("Nat", "AWS::EC2::NatGateway")),
    ("nothing_is_billed_by_the_hour_where_people_develop", put("ApiFunctionAliaslive", {}, "ProvisionedConcurrencyConfig")),
]
