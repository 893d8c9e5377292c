//! [`view!`](crate::view!): what answers show of an entity.

/// Declares what answers show of an entity: its fields of the same names, and for others a value after `=`.
///
/// ```
/// # use authsome_core::{id::{EnvironmentId, UserId}, user::User};
/// authsome_core::view! {
///     /// What a directory shows of a user.
///     pub struct Entry of user: User {
///         id: UserId,
///         env_id: EnvironmentId = user.scope.env_id,
///         /// Display name.
///         name: Option<String>,
///     }
/// }
/// ```
///
/// The crate that declares it names `serde` and `schemars`.
#[macro_export]
macro_rules! view {
    (
        $(#[$about:meta])*
        $visible:vis struct $view:ident of $entity:ident: $type:ty {
            $($(#[$meaning:meta])* $field:ident: $shown:ty $(= $value:expr)?,)*
        }
    ) => {
        #[derive(::serde::Serialize, ::schemars::JsonSchema)]
        $(#[$about])*
        $visible struct $view {
            $($(#[$meaning])* $field: $shown,)*
        }

        impl ::core::convert::From<$type> for $view {
            fn from($entity: $type) -> Self {
                Self { $($field: $crate::view!(@$entity $field $($value)?),)* }
            }
        }
    };
    (@$entity:ident $field:ident) => { $entity.$field };
    (@$entity:ident $field:ident $value:expr) => { $value };
}
