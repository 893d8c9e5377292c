//! [`store_builder!`](crate::store_builder): how a backend is connected to.

/// Makes the builder of a store: of a URL, the settings with their defaults, and the clock that dates migrations.
///
/// Each setting is a field and the method that sets it; what is less than an `at least` becomes that. `Debug` leaves the
/// URL out, which may hold a password.
///
/// ```
/// use std::time::Duration;
///
/// authsome_core::store_builder! {
///     /// How a store is connected.
///     pub struct Builder {
///         /// How many connections are open at most, at least 2. Default: 10.
///         max_connections: u32 = 10, at least 2;
///         /// How long a caller waits for a connection. Default: 5 seconds.
///         acquire_timeout: Duration = Duration::from_secs(5);
///     }
/// }
///
/// let builder = Builder::new("database://user:password@host").max_connections(1);
/// assert_eq!(format!("{builder:?}"), "Builder { max_connections: 2, acquire_timeout: 5s, .. }");
/// ```
#[macro_export]
macro_rules! store_builder {
    (
        $(#[$about:meta])*
        pub struct $builder:ident {
            $($(#[$meaning:meta])* $setting:ident: $type:ty = $default:expr $(, at least $least:expr)?;)*
        }
    ) => {
        $(#[$about])*
        #[derive(Clone)]
        pub struct $builder {
            pub(crate) url: ::std::string::String,
            pub(crate) clock: ::std::sync::Arc<dyn $crate::clock::Clock>,
            $(pub(crate) $setting: $type,)*
        }

        /// Leaves the URL out.
        impl ::core::fmt::Debug for $builder {
            fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                let mut shown = f.debug_struct(stringify!($builder));
                $(shown.field(stringify!($setting), &self.$setting);)*
                shown.finish_non_exhaustive()
            }
        }

        impl $builder {
            /// A store of this URL with the defaults.
            #[must_use]
            pub fn new(url: impl ::core::convert::Into<::std::string::String>) -> Self {
                let clock = ::std::sync::Arc::new($crate::clock::SystemClock);
                Self { url: url.into(), clock, $($setting: $default,)* }
            }

            /// What dates migrations. Default: the system's clock.
            #[must_use]
            pub fn clock(mut self, clock: ::std::sync::Arc<dyn $crate::clock::Clock>) -> Self {
                self.clock = clock;
                self
            }

            $(
                $(#[$meaning])*
                #[must_use]
                pub fn $setting(mut self, $setting: $type) -> Self {
                    self.$setting = $setting$(.max($least))?;
                    self
                }
            )*
        }
    };
}
