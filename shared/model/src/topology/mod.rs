//! The declared targets: one TOML file, read whole, with every problem reported at once.
//!
//! [`key`] has the declarations of its keys, from which [`schema`] generates the JSON Schema. [`TableReader`] reads a table
//! according to its declaration, [`Topology`] the targets of a kind.

mod accept;
mod document;
pub mod key;
mod policy;
mod problem;
mod reader;
mod schema;
mod spec;
mod targets;
mod window;

pub use accept::{ACCEPT, Accepted, accepted};
pub use document::{Document, RootSection};
pub use policy::{DEFAULTS, Failback, Mode, MutedAlarms, Policy, Role};
pub use problem::{Problem, Problems};
pub use reader::{TableReader, WordOrTable};
pub use schema::schema;
pub use spec::{Side, Spec, Target};
pub use targets::Topology;
pub use window::Window;
