//! An AWS account in memory, with a clock, latencies and faults of its own: the backend of the demo,
//! of dry runs on fixtures and of the deterministic tests.
//!
//! Its clock is tokio's paused one: every call takes `call_ms` of it and no real time, so
//! the same run always shows the same times, and the dependent round trips can be
//! counted. Run it inside [`run`].

mod account;
mod calls;
mod clock;
pub mod contract;
mod fault;
mod limit;
mod process;
pub mod record;
pub mod rehearsal;
mod sandbox;
mod section;
mod service_state;

pub use account::{Account, BadAccount};
pub use calls::{Arrival, Call, is_write, round_trips};
pub use clock::run;
pub use erased_serde;
pub use fault::{Fault, FaultRule};
pub use limit::Limit;
pub use sandbox::{Sandbox, State};
pub use section::{Section, Sections, Service, Taken};
pub use service_state::ServiceState;
