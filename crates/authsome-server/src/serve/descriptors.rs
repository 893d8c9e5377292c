//! How many connections the operating system allows the process.

/// The most connections at once; more wait in the operating system's queue.
const MOST: usize = 4_096;
/// File descriptors that are reserved for the database, the log and mails.
const KEPT: usize = 128;

/// Raises the soft limit of file descriptors as far as connections need it, and says how many connections fit.
pub(super) fn connections() -> usize {
    fitting(descriptors())
}

fn fitting(descriptors: usize) -> usize {
    descriptors.saturating_sub(KEPT).clamp(1, MOST)
}

#[cfg(unix)]
fn descriptors() -> usize {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

    let wanted = u64::try_from(MOST + KEPT).unwrap_or(u64::MAX);
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    // `None` is "no limit".
    let (soft, hard) = (current.unwrap_or(u64::MAX), maximum.unwrap_or(u64::MAX));
    let raised = wanted.min(hard);
    if soft >= raised {
        return usize::try_from(soft).unwrap_or(usize::MAX);
    }
    let limit = match setrlimit(Resource::Nofile, Rlimit { current: Some(raised), maximum }) {
        Ok(()) => raised,
        Err(error) => {
            tracing::debug!(%error, "the limit of open files could not be raised");
            soft
        }
    };
    usize::try_from(limit).unwrap_or(usize::MAX)
}

#[cfg(not(unix))]
const fn descriptors() -> usize {
    usize::MAX
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn some_descriptors_are_kept_and_one_connection_always_fits() {
        assert_eq!(fitting(1_024), 896);
        assert_eq!(fitting(usize::MAX), MOST);
        assert_eq!(fitting(10), 1);
    }

    #[cfg(unix)]
    #[test]
    fn the_limit_is_raised_as_far_as_the_hard_one_allows() {
        use rustix::process::{Resource, getrlimit};

        let fitting = connections();
        let hard = getrlimit(Resource::Nofile).maximum.map_or(usize::MAX, |hard| usize::try_from(hard).unwrap());
        assert_eq!(fitting, hard.saturating_sub(KEPT).clamp(1, MOST));
    }
}
