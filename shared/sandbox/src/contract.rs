//! What the services' contract cases share: each case holds on every backend of its service.

use std::pin::Pin;

/// A case: why it does not hold, if it does not.
pub type Case<B> = for<'b> fn(&'b B) -> Pin<Box<dyn Future<Output = Result<(), String>> + 'b>>;

/// Cases by name.
pub type Cases<B> = Vec<(&'static str, Case<B>)>;

/// Holds, or does not for this reason.
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
