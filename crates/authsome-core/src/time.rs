//! [`Timestamp`]: UTC, milliseconds, years 1 to 9999.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use chrono::{DateTime, SecondsFormat, Utc};
use serde::{Deserialize, Serialize};

/// A moment in UTC with millisecond precision, from year 1 to year 9999.
///
/// Every backend stores exactly this precision and range, so a value read equals the value written.
/// As text it is RFC 3339 with three fractional digits and `Z`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i64);

/// The time lies outside years 1 to 9999, or is not RFC 3339.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a time must be RFC 3339 and lie in years 1 to 9999")]
pub struct TimestampError;

impl Timestamp {
    /// 0001-01-01T00:00:00.000Z.
    pub const MIN: Self = Self(-62_135_596_800_000);
    /// 9999-12-31T23:59:59.999Z.
    pub const MAX: Self = Self(253_402_300_799_999);
    /// 1970-01-01T00:00:00.000Z.
    pub const EPOCH: Self = Self(0);

    /// The moment `millis` milliseconds after the Unix epoch; negative is before it.
    ///
    /// # Errors
    /// [`TimestampError`] outside years 1 to 9999.
    pub const fn from_millis(millis: i64) -> Result<Self, TimestampError> {
        if millis < Self::MIN.0 || millis > Self::MAX.0 {
            return Err(TimestampError);
        }
        Ok(Self(millis))
    }

    /// Milliseconds since the Unix epoch.
    #[must_use]
    pub const fn as_millis(self) -> i64 {
        self.0
    }

    /// This moment plus `duration`, at most [`Timestamp::MAX`].
    #[must_use]
    pub fn plus(self, duration: Duration) -> Self {
        let millis = i64::try_from(duration.as_millis()).unwrap_or(i64::MAX);
        Self(self.0.saturating_add(millis).min(Self::MAX.0))
    }

    /// This moment minus `duration`, at least [`Timestamp::MIN`].
    #[must_use]
    pub fn minus(self, duration: Duration) -> Self {
        let millis = i64::try_from(duration.as_millis()).unwrap_or(i64::MAX);
        Self(self.0.saturating_sub(millis).max(Self::MIN.0))
    }

    /// The time from `earlier` until this moment; zero where `earlier` is later.
    #[must_use]
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_millis(u64::try_from(self.0.saturating_sub(earlier.0)).unwrap_or(0))
    }

    /// The same moment as a `chrono` time.
    #[must_use]
    pub fn to_datetime(self) -> DateTime<Utc> {
        // Years 1 to 9999 always lie in chrono's range, so the fallback is never taken.
        DateTime::from_timestamp_millis(self.0).unwrap_or(DateTime::UNIX_EPOCH)
    }
}

impl TryFrom<DateTime<Utc>> for Timestamp {
    type Error = TimestampError;

    /// Cuts off fractions of a millisecond.
    fn try_from(value: DateTime<Utc>) -> Result<Self, Self::Error> {
        Self::from_millis(value.timestamp_millis())
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_datetime().to_rfc3339_opts(SecondsFormat::Millis, true))
    }
}

impl fmt::Debug for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Timestamp {
    type Err = TimestampError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let time = DateTime::parse_from_rfc3339(text).map_err(|_| TimestampError)?;
        Self::try_from(time.with_timezone(&Utc))
    }
}

crate::value::serde_text!(Timestamp);

crate::value::json_schema!(Timestamp, "Timestamp", {"type": "string", "format": "date-time"});

/// A duration in whole seconds, as settings and the HTTP contract state durations. At most some 136 years.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, schemars::JsonSchema,
)]
#[serde(transparent)]
pub struct Seconds(pub u32);

impl Seconds {
    /// `hours` hours.
    #[must_use]
    pub const fn hours(hours: u32) -> Self {
        Self(hours.saturating_mul(3_600))
    }

    /// `days` days of 24 hours.
    #[must_use]
    pub const fn days(days: u32) -> Self {
        Self(days.saturating_mul(86_400))
    }

    /// `minutes` minutes.
    #[must_use]
    pub const fn minutes(minutes: u32) -> Self {
        Self(minutes.saturating_mul(60))
    }

    /// In its largest whole unit, as texts for people say it: `15 minutes`.
    #[must_use]
    pub fn in_words(self) -> String {
        let units = [(86_400, "day"), (3_600, "hour"), (60, "minute"), (1, "second")];
        let whole = units.into_iter().find(|(unit, _)| self.0 >= *unit && self.0.is_multiple_of(*unit));
        let (unit, name) = whole.unwrap_or((1, "second"));
        let count = self.0 / unit;
        if count == 1 { format!("{count} {name}") } else { format!("{count} {name}s") }
    }

    /// As a [`Duration`].
    #[must_use]
    pub const fn duration(self) -> Duration {
        Duration::from_secs(self.0 as u64)
    }

    /// Whether this is zero, which settings read as "off" or "unlimited".
    #[must_use]
    pub const fn is_zero(self) -> bool {
        self.0 == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duration_is_said_in_its_largest_whole_unit() {
        for (seconds, text) in [(3_600, "1 hour"), (5_400, "90 minutes"), (172_800, "2 days"), (61, "61 seconds")] {
            assert_eq!(Seconds(seconds).in_words(), text);
        }
    }

    #[test]
    fn text_round_trips_at_the_ends_of_the_range() {
        for time in [Timestamp::MIN, Timestamp::EPOCH, Timestamp::MAX] {
            assert_eq!(time.to_string().parse::<Timestamp>(), Ok(time));
        }
        assert_eq!(Timestamp::MIN.to_string(), "0001-01-01T00:00:00.000Z");
        assert_eq!(Timestamp::MAX.to_string(), "9999-12-31T23:59:59.999Z");
    }

    #[test]
    fn years_outside_1_to_9999_are_refused() {
        assert!(Timestamp::from_millis(Timestamp::MIN.as_millis() - 1).is_err());
        assert!(Timestamp::from_millis(Timestamp::MAX.as_millis() + 1).is_err());
        assert!("0000-12-31T23:59:59.999Z".parse::<Timestamp>().is_err());
    }

    #[test]
    fn arithmetic_stops_at_the_ends() {
        assert_eq!(Timestamp::MAX.plus(Duration::from_secs(1)), Timestamp::MAX);
        assert_eq!(Timestamp::MIN.minus(Duration::from_secs(1)), Timestamp::MIN);
        assert_eq!(Timestamp::EPOCH.since(Timestamp::MAX), Duration::ZERO);
    }
}
