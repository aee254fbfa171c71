//! The daily backup window of an instance. Pure.

use std::fmt;

use jiff::{Timestamp, tz::TimeZone};

/// So long before its window a replica counts as about to be backed up: a fence and a promotion are asked for within a minute or
/// two.
const NEAR_MINUTES: u32 = 10;
const DAY_MINUTES: u32 = 24 * 60;

/// The daily backup window, in minutes of the day in UTC; it may pass midnight.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BackupWindow {
    from: u32,
    to: u32,
}

impl BackupWindow {
    /// Reads it as RDS writes it (`PreferredBackupWindow`), as in `03:00-03:30`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let minutes = |text: &str| {
            let (hours, minutes) = text.split_once(':')?;
            let (hours, minutes): (u32, u32) = (hours.parse().ok()?, minutes.parse().ok()?);
            (hours < 24 && minutes < 60).then_some(hours * 60 + minutes)
        };
        let (from, to) = text.split_once('-')?;
        Some(Self { from: minutes(from)?, to: minutes(to)? })
    }

    /// Whether it is open now, or soon. RDS's windows last half an hour at least.
    #[must_use]
    pub fn is_near(self, now: Timestamp) -> bool {
        let now = now.to_zoned(TimeZone::UTC);
        let minute = u32::from(now.hour().unsigned_abs()) * 60 + u32::from(now.minute().unsigned_abs());
        [minute, (minute + NEAR_MINUTES) % DAY_MINUTES].into_iter().any(|minute| self.contains(minute))
    }

    fn contains(self, minute: u32) -> bool {
        if self.from <= self.to { (self.from..self.to).contains(&minute) } else { minute >= self.from || minute < self.to }
    }
}

impl fmt::Display for BackupWindow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [from, to] = [self.from, self.to].map(|minute| (minute / 60, minute % 60));
        write!(f, "{:02}:{:02}-{:02}:{:02}", from.0, from.1, to.0, to.1)
    }
}
