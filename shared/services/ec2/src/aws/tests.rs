use crossover_aws::canned::Canned;

use super::*;

fn routes(canned: &Canned) -> Ec2Routes {
    Ec2Routes::new(&canned.config())
}

fn table(id: &str, vpc: &str, inner: &str) -> String {
    format!("<item><routeTableId>{id}</routeTableId><vpcId>{vpc}</vpcId>{inner}</item>")
}

fn tables(items: &str, next: &str) -> String {
    format!(
        "<DescribeRouteTablesResponse xmlns=\"http://ec2.amazonaws.com/doc/2016-11-15/\"><requestId>r</requestId>\
         <routeTableSet>{items}</routeTableSet>{next}</DescribeRouteTablesResponse>"
    )
}

#[tokio::test]
async fn all_pages_are_read_and_other_vpcs_left() {
    let first = tables(&(table("rtb-1", "vpc-1", "") + &table("rtb-9", "vpc-2", "")), "<nextToken>more</nextToken>");
    let last = tables(&table("rtb-2", "vpc-1", ""), "");
    let canned = Canned::answering([(200, first.as_str()), (200, last.as_str())]);
    let found = routes(&canned).route_tables(Tables::OfVpc("vpc-1")).await.unwrap();
    assert_eq!(found.iter().map(|table| table.id.as_str()).collect::<Vec<_>>(), ["rtb-1", "rtb-2"]);
    assert!(canned.sent()[1].contains("NextToken=more"), "{:?}", canned.sent());
}

#[tokio::test]
async fn a_nat_instance_route_leads_to_both_its_ids() {
    let inner = "<routeSet>\
        <item><destinationCidrBlock>0.0.0.0/0</destinationCidrBlock><instanceId>i-1</instanceId>\
        <networkInterfaceId>eni-1</networkInterfaceId><state>blackhole</state></item>\
        <item><destinationIpv6CidrBlock>64:ff9b::/96</destinationIpv6CidrBlock><natGatewayId>nat-1</natGatewayId>\
        <state>active</state></item>\
        <item><destinationPrefixListId>pl-1</destinationPrefixListId><gatewayId>vpce-1</gatewayId></item></routeSet>\
        <associationSet><item><main>true</main></item>\
        <item><subnetId>subnet-1</subnetId><main>false</main><associationState><state>associated</state></associationState></item>\
        <item><subnetId>subnet-2</subnetId><main>false</main><associationState><state>disassociated</state></associationState></item>\
        </associationSet>\
        <tagSet><item><key>egress</key><value>a</value></item></tagSet>";
    let body = tables(&table("rtb-1", "vpc-1", inner), "");
    let found = routes(&Canned::answering([(200, body.as_str())])).route_tables(Tables::OfVpc("vpc-1")).await.unwrap();
    assert!(found[0].main);
    assert_eq!(found[0].subnets, ["subnet-1"]);
    assert_eq!(found[0].tags["egress"], "a");
    let read: Vec<_> =
        found[0].routes.iter().map(|route| (route.destination.as_str(), route.via.join(" "), route.blackhole)).collect();
    assert_eq!(
        read,
        [
            ("0.0.0.0/0", "i-1 eni-1".to_owned(), true),
            ("64:ff9b::/96", "nat-1".to_owned(), false),
            ("pl-1", "vpce-1".to_owned(), false)
        ]
    );
}

#[tokio::test]
async fn a_route_is_replaced_by_the_kind_of_its_destination_and_gateway() {
    let cases = [
        ("0.0.0.0/0", "nat-1", "DestinationCidrBlock=0.0.0.0%2F0&NatGatewayId=nat-1"),
        ("64:ff9b::/96", "i-1", "DestinationIpv6CidrBlock=64%3Aff9b%3A%3A%2F96&InstanceId=i-1"),
        ("pl-1", "eni-1", "DestinationPrefixListId=pl-1&NetworkInterfaceId=eni-1"),
    ];
    for (destination, gateway, expected) in cases {
        let canned = Canned::answering([(200, "<ReplaceRouteResponse><return>true</return></ReplaceRouteResponse>")]);
        routes(&canned).replace_route("rtb-1", destination, gateway).await.unwrap();
        let sent = canned.sent();
        assert!(expected.split('&').all(|part| sent[0].contains(part)), "{sent:?}");
    }
    let error = routes(&Canned::answering([])).replace_route("rtb-1", "0.0.0.0/0", "igw-1").await.unwrap_err();
    assert_eq!(error.fault, Fault::Refused);
}

#[tokio::test]
async fn ec2s_throttling_is_throttling_though_its_status_is_503() {
    let body = "<Response><Errors><Error><Code>RequestLimitExceeded</Code><Message>Request limit exceeded.</Message></Error>\
                </Errors><RequestID>5f0d</RequestID></Response>";
    let error = routes(&Canned::answering([(503, body)])).replace_route("rtb-1", "0.0.0.0/0", "nat-1").await.unwrap_err();
    assert_eq!(error.fault, Fault::Throttled);
    assert!(
        error.to_string().starts_with("ec2:ReplaceRoute: throttled: RequestLimitExceeded: Request limit exceeded."),
        "{error}"
    );
    assert!(error.request_id.is_some());
}
