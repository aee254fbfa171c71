//! The shared parts of the services' contract suites. Each case must hold on every backend of its service.

use std::pin::Pin;

/// A case. Its error is the reason why it does not hold.
pub type Case<B> = for<'b> fn(&'b B) -> Pin<Box<dyn Future<Output = Result<(), String>> + 'b>>;

/// Cases by name.
pub type Cases<B> = Vec<(&'static str, Case<B>)>;

/// Succeeds if the condition holds, and fails with this reason otherwise.
///
/// # Errors
/// When it does not hold.
pub fn check(holds: bool, what: impl Into<String>) -> Result<(), String> {
    if holds { Ok(()) } else { Err(what.into()) }
}

/// The cases of these names, for a backend `B`.
#[macro_export]
macro_rules! cases {
    ($($name:ident),* $(,)?) => {
        vec![$((stringify!($name), (|backend| Box::pin($name(backend))) as $crate::contract::Case<B>)),*]
    };
}
