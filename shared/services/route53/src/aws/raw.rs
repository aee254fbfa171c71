//! What Route 53 answers and its SDK does not know yet: the guardrails of a hosted zone, and a call of our own, which the SDK signs and
//! sends.

use std::{
    borrow::Cow,
    collections::BTreeSet,
    sync::{Arc, OnceLock},
};

use aws_sdk_route53::{
    config::{ConfigBag, Intercept, RuntimeComponents, interceptors::AfterDeserializationInterceptorContextRef},
    error::BoxError,
};
use aws_smithy_xml::decode::{Document, ScopedDecoder, try_data};

use crate::as_route53_writes;

/// Keeps the body of an answer.
#[derive(Debug, Clone, Default)]
pub(super) struct RawAnswer(Arc<OnceLock<Vec<u8>>>);

impl RawAnswer {
    pub(super) fn body(&self) -> &[u8] {
        self.0.get().map_or(&[], Vec::as_slice)
    }
}

impl Intercept for RawAnswer {
    fn name(&self) -> &'static str {
        "RawAnswer"
    }

    fn read_after_deserialization(
        &self,
        context: &AfterDeserializationInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        if let Some(body) = context.response().body().bytes() {
            // The engine alone repeats calls, so there is one answer.
            let _ = self.0.set(body.to_vec());
        }
        Ok(())
    }
}

/// The guardrails that are on, in an answer of `GetHostedZone` (`HostedZoneFeatures`, `ChangeGuardrails`).
pub(super) fn guardrails(body: &[u8]) -> BTreeSet<String> {
    let mut on = BTreeSet::new();
    let Ok(mut document) = Document::try_from(body) else { return on };
    let Ok(mut root) = document.root_element() else { return on };
    in_each(&mut root, "HostedZone", &mut |zone| {
        in_each(zone, "Features", &mut |features| {
            in_each(features, "ChangeGuardrails", &mut |guardrails| {
                in_each(guardrails, "ChangeGuardrail", &mut |guardrail| {
                    let [name, status] = texts(guardrail, ["Name", "Status"]);
                    on.extend(name.filter(|_| status.as_deref() == Some("ENABLED")));
                });
            });
        });
    });
    on
}

/// A page of protections: the names, as Route 53 writes them, with their types; and the token of the next page.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Protections {
    pub(super) records: BTreeSet<(String, String)>,
    pub(super) next: Option<String>,
}

/// An answer of `ListResourceRecordSetProtections`; `None` if it is another one.
pub(super) fn protections(body: &[u8]) -> Option<Protections> {
    let mut document = Document::try_from(body).ok()?;
    let mut root = document.root_element().ok()?;
    if !root.start_el().matches("ListResourceRecordSetProtectionsResponse") {
        return None;
    }
    let mut page = Protections::default();
    while let Some(mut tag) = root.next_tag() {
        if tag.start_el().matches("NextToken") {
            page.next = try_data(&mut tag).ok().map(Cow::into_owned).filter(|token| !token.is_empty());
        } else if tag.start_el().matches("ResourceRecordSetProtections") {
            in_each(&mut tag, "ResourceRecordSetProtection", &mut |protection| {
                let [name, kind] = texts(protection, ["RecordName", "RecordType"]);
                page.records.extend(name.zip(kind).map(|(name, kind)| (as_route53_writes(&name), kind)));
            });
        }
    }
    Some(page)
}

fn in_each(decoder: &mut ScopedDecoder<'_, '_>, tag: &str, read: &mut dyn FnMut(&mut ScopedDecoder<'_, '_>)) {
    while let Some(mut inner) = decoder.next_tag() {
        if inner.start_el().matches(tag) {
            read(&mut inner);
        }
    }
}

/// The texts of these tags.
fn texts<const N: usize>(decoder: &mut ScopedDecoder<'_, '_>, tags: [&str; N]) -> [Option<String>; N] {
    let mut found = [const { None }; N];
    while let Some(mut inner) = decoder.next_tag() {
        if let Some(at) = tags.iter().position(|tag| inner.start_el().matches(tag)) {
            found[at] = try_data(&mut inner).ok().map(Cow::into_owned);
        }
    }
    found
}

/// The address of `ListResourceRecordSetProtections`, from that of `GetHostedZone`.
pub(super) fn protections_uri(zone: &str, token: Option<&str>) -> String {
    let token = token.map_or_else(String::new, |token| format!("?nexttoken={}", encoded(token)));
    format!("{zone}/rrsetprotection{token}")
}

fn encoded(text: &str) -> String {
    let one = |byte: u8| match byte {
        byte if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) => char::from(byte).to_string(),
        byte => format!("%{byte:02X}"),
    };
    text.bytes().map(one).collect()
}
