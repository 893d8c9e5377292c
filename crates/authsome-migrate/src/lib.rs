//! Plans, verifies, locks, applies and rolls back Authsome's migration groups.
