//! Authsome's engine: builder, environment handles, services, hooks, events and background jobs.
