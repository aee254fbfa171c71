//! The window of automatic failbacks. Pure.

use std::fmt;

use jiff::{Timestamp, civil::Weekday, tz::TimeZone};

const DAYS: [(&str, Weekday); 7] = [
    ("Mon", Weekday::Monday),
    ("Tue", Weekday::Tuesday),
    ("Wed", Weekday::Wednesday),
    ("Thu", Weekday::Thursday),
    ("Fri", Weekday::Friday),
    ("Sat", Weekday::Saturday),
    ("Sun", Weekday::Sunday),
];
const MINUTES_A_DAY: u16 = 24 * 60;

/// The hours of some days of the week, in UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    /// The days on which it begins, Monday first.
    days: [bool; 7],
    /// The minute of the day that it begins with.
    from: u16,
    /// The minute of the day before which it ends: of the next day, unless it is after `from`.
    to: u16,
}

impl Window {
    /// An example of a window.
    pub const EXAMPLE: &str = "\"Sat Sun 02:00-05:00\"";

    /// Parses days and hours as in `Sat Sun 02:00-05:00`, or hours alone for every day; none for another format. Hours
    /// that end before they begin cross midnight.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut words: Vec<&str> = text.split_whitespace().collect();
        let (from, to) = words.pop()?.split_once('-')?;
        let (from, to) = (minute(from)?, minute(to)?);
        let mut days = [words.is_empty(); 7];
        for word in words {
            let day = DAYS.iter().position(|(name, _)| *name == word)?;
            *days.get_mut(day)? = true;
        }
        (from != to && from < MINUTES_A_DAY).then_some(Self { days, from, to })
    }

    /// Whether it is open at this time.
    #[must_use]
    pub fn is_open(&self, now: Timestamp) -> bool {
        let now = now.to_zoned(TimeZone::UTC);
        let minute = u16::try_from(now.hour()).unwrap_or_default() * 60 + u16::try_from(now.minute()).unwrap_or_default();
        let begins_on = |day: Weekday| DAYS.iter().zip(self.days).any(|((_, of), begins)| begins && *of == day);
        let today = now.weekday();
        if self.from < self.to {
            return begins_on(today) && (self.from..self.to).contains(&minute);
        }
        (begins_on(today) && minute >= self.from) || (begins_on(today.previous()) && minute < self.to)
    }
}

fn minute(text: &str) -> Option<u16> {
    let (hours, minutes) = text.split_once(':')?;
    let number = |digits: &str| {
        (digits.len() == 2 && digits.chars().all(|c| c.is_ascii_digit())).then(|| digits.parse::<u16>().ok()).flatten()
    };
    let (hours, minutes) = (number(hours)?, number(minutes)?);
    let of_day = hours * 60 + minutes;
    (minutes < 60 && of_day <= MINUTES_A_DAY).then_some(of_day)
}

impl fmt::Display for Window {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.days != [true; 7] {
            for ((name, _), _) in DAYS.iter().zip(self.days).filter(|(_, begins)| *begins) {
                write!(f, "{name} ")?;
            }
        }
        write!(f, "{:02}:{:02}-{:02}:{:02} UTC", self.from / 60, self.from % 60, self.to / 60, self.to % 60)
    }
}
