//! What the controller asks of a cloud, in its own words: one small trait for each concern.
//!
//! Every method is one call (or one paged read). None of them retries: the controller does, in
//! [`crate::retry`], so that one policy is simulated and swept with faults.

mod alarms;
mod clock;
mod error;
mod journal;
mod notices;
mod routes;

pub use alarms::{AlarmReading, AlarmState, Alarms};
pub use clock::Clock;
pub use error::{CloudError, Fault};
pub use journal::{Change, Journal, LeaseAnswer, Written};
pub use notices::{Notices, Publication};
pub use routes::{Gateway, Route, RouteTable, Routes, Subnet, Tables};
