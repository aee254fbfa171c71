use crossover_aws::canned::Canned;
use crossover_model::error::Fault;

use super::{Route53HealthChecks, Route53Records};
use crate::{CheckerReport, HealthChecks, RecordAnswer, RecordChange, RecordSet, Records, Routing};

const REFUSED: &str = "Tried to create resource record set [name='www.example.com.', type='A'] but it already exists";

fn change() -> [RecordChange; 1] {
    [RecordChange::Create(RecordSet {
        name: "www.example.com.".to_owned(),
        kind: "A".to_owned(),
        set_id: None,
        routing: Routing::Simple,
        health_check: None,
        answer: RecordAnswer::Values { ttl: 60, values: vec!["192.0.2.1".to_owned()] },
    })]
}

async fn refusal(status: u16, body: &str) -> crossover_model::error::CloudError {
    let records = Route53Records::new(&Canned::answering([(status, body)]).config());
    records.change_records("Z1", &change()).await.unwrap_err()
}

/// Route 53 refuses a batch in one of two shapes.
#[tokio::test]
async fn a_refused_batch_keeps_route_53s_words() {
    let shapes = [
        format!("<InvalidChangeBatch><Messages><Message>{REFUSED}</Message></Messages></InvalidChangeBatch>"),
        format!(
            "<ErrorResponse><Error><Type>Sender</Type><Code>InvalidChangeBatch</Code><Message>[{REFUSED}]</Message></Error>\
             <RequestId>r</RequestId></ErrorResponse>"
        ),
    ];
    for shape in shapes {
        let error = refusal(400, &shape).await;
        assert_eq!((error.fault, error.code.as_str()), (Fault::Refused, "InvalidChangeBatch"), "{error}");
        assert!(error.message.contains("already exists"), "{error}");
    }
}

#[tokio::test]
async fn throttling_by_route_53_has_two_forms() {
    let error = |code: &str, message: &str| {
        format!(
            "<ErrorResponse><Error><Code>{code}</Code><Message>{message}</Message></Error><RequestId>r</RequestId></ErrorResponse>"
        )
    };
    for body in [error("Throttling", "Rate exceeded"), error("PriorRequestNotComplete", "The request was rejected")] {
        let error = refusal(400, &body).await;
        assert_eq!(error.fault, Fault::Throttled, "{error}");
        assert!(error.retry_can_help());
    }
}

#[tokio::test]
async fn failing_and_passing_checkers_are_distinguished() {
    let body = "<GetHealthCheckStatusResponse><HealthCheckObservations>\
        <HealthCheckObservation><Region>us-east-1</Region><IPAddress>192.0.2.7</IPAddress><StatusReport>\
        <Status>Success: HTTP Status Code 200, OK</Status><CheckedTime>2026-03-14T03:12:40Z</CheckedTime></StatusReport></HealthCheckObservation>\
        <HealthCheckObservation><Region>eu-west-1</Region><StatusReport><Status>Failure: Connection timed out.</Status></StatusReport></HealthCheckObservation>\
        <HealthCheckObservation><Region>sa-east-1</Region><StatusReport><Status>Unknown</Status></StatusReport></HealthCheckObservation>\
        </HealthCheckObservations></GetHealthCheckStatusResponse>";
    let checks = Route53HealthChecks::new(&Canned::answering([(200, body)]).config());
    let report = |passed, status: &str| CheckerReport { passed, status: status.to_owned() };
    let reports = checks.checker_reports("hc").await.unwrap();
    assert_eq!(reports, [report(true, "Success: HTTP Status Code 200, OK"), report(false, "Failure: Connection timed out.")]);
}

#[tokio::test]
async fn a_calculated_health_check_has_no_reports_and_that_is_no_error() {
    let body = "<ErrorResponse><Error><Code>InvalidInput</Code><Message>calculated</Message></Error></ErrorResponse>";
    let checks = Route53HealthChecks::new(&Canned::answering([(400, body)]).config());
    assert_eq!(checks.checker_reports("hc").await.unwrap(), []);
}

#[tokio::test]
async fn guardrails_that_are_on_are_read_though_the_sdk_does_not_know_them() {
    let body = "<GetHostedZoneResponse><HostedZone><Id>/hostedzone/Z1</Id><Name>example.com.</Name><CallerReference>c</CallerReference>\
        <Config><PrivateZone>false</PrivateZone><HostedZoneTier>ADVANCED</HostedZoneTier></Config><Features><ChangeGuardrails>\
        <ChangeGuardrail><Name>NS_FORMAT_CHECK</Name><Status>ENABLED</Status></ChangeGuardrail>\
        <ChangeGuardrail><Name>ALIAS_TARGET_CHECK</Name><Status>DISABLED</Status></ChangeGuardrail>\
        <ChangeGuardrail><Name>ACTIVE_RECORD_CHECK</Name><Status>ENABLED</Status></ChangeGuardrail>\
        </ChangeGuardrails></Features></HostedZone></GetHostedZoneResponse>";
    let records = Route53Records::new(&Canned::answering([(200, body)]).config());
    let zone = records.hosted_zone("Z1").await.unwrap();
    assert_eq!(zone.guardrails, ["ACTIVE_RECORD_CHECK", "NS_FORMAT_CHECK"].map(str::to_owned).into());
    assert_eq!(zone.name, "example.com.");
}

#[tokio::test]
async fn protections_are_read_page_by_page() {
    let page = |name: &str, next: &str| {
        format!(
            "<ListResourceRecordSetProtectionsResponse><ResourceRecordSetProtections><ResourceRecordSetProtection>\
             <RecordName>{name}</RecordName><RecordType>A</RecordType><Comment>apex</Comment></ResourceRecordSetProtection>\
             </ResourceRecordSetProtections>{next}</ListResourceRecordSetProtectionsResponse>"
        )
    };
    let (first, last) = (page("www.example.com.", "<NextToken>a+b/c=</NextToken>"), page("*.example.com.", ""));
    let canned = Canned::answering([(200, first.as_str()), (200, last.as_str())]);
    let protected = Route53Records::new(&canned.config()).protections("Z1").await.unwrap();
    let expected = ["\\052.example.com.", "www.example.com."].map(|name| (name.to_owned(), "A".to_owned()));
    assert_eq!(protected, expected.into());
}

#[tokio::test]
async fn a_route_53_without_protections_has_none_and_other_errors_stay_errors() {
    let unknown = "<ErrorResponse><Error><Code>UnknownOperationException</Code><Message>m</Message></Error></ErrorResponse>";
    let records = Route53Records::new(&Canned::answering([(404, unknown)]).config());
    assert_eq!(records.protections("Z1").await.unwrap(), [].into());
    for (status, code) in [(404, "NoSuchHostedZone"), (403, "AccessDenied")] {
        let body = format!("<ErrorResponse><Error><Code>{code}</Code><Message>m</Message></Error></ErrorResponse>");
        let records = Route53Records::new(&Canned::answering([(status, body.as_str())]).config());
        assert_eq!(records.protections("Z1").await.unwrap_err().code, code);
    }
}
