//! [`Figures`]: what a series of durations says.

use std::time::Duration;

use serde::Serialize;

/// What a series of durations says. Times are in microseconds.
#[derive(Clone, Copy, Debug, Serialize)]
pub(crate) struct Figures {
    /// Half of the durations are shorter.
    pub(crate) median_us: f64,
    /// 99 of 100 durations are shorter.
    pub(crate) p99_us: f64,
    /// How many fit into a second of the time that all of them took together.
    pub(crate) per_second: f64,
}

impl Figures {
    /// The figures of durations, and of the time that they took as a whole.
    pub(crate) fn of(mut durations: Vec<Duration>, whole: Duration) -> Self {
        durations.sort_unstable();
        let at = |hundredths: usize| {
            let position = durations.len().saturating_sub(1) * hundredths / 100;
            durations.get(position).map_or(0.0, |duration| duration.as_secs_f64() * 1e6)
        };
        let count = u32::try_from(durations.len()).unwrap_or(u32::MAX);
        Self { median_us: at(50), p99_us: at(99), per_second: f64::from(count) / whole.as_secs_f64().max(1e-9) }
    }
}

/// The middle one of some numbers; zero where there is none.
pub(crate) fn median(mut numbers: Vec<f64>) -> f64 {
    numbers.sort_unstable_by(f64::total_cmp);
    numbers.get(numbers.len() / 2).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_median_is_in_the_middle_and_the_p99_near_the_end() {
        let durations = (1..=101).rev().map(Duration::from_micros).collect();
        let figures = Figures::of(durations, Duration::from_secs(2));
        assert_eq!((figures.median_us.round(), figures.p99_us.round()), (51.0, 100.0));
        assert_eq!(figures.per_second.round(), 51.0);
        assert_eq!(median(vec![3.0, 1.0, 2.0]), 2.0);
        assert_eq!(median(Vec::new()), 0.0);
    }
}
