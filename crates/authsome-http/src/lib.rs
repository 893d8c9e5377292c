//! Authsome over HTTP: router, environment middleware, guards, problem details, OpenAPI.
