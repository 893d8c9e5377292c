//! [`forward_records!`](crate::forward_records).

/// Implements [`Records`](crate::records::Records) for a type that forwards all verbs in the same way.
///
/// The body is that of an `async fn`: it has the value and the request under the given names, and the verb's own name
/// with a `$` before it. A verb with a different body follows separately.
///
/// ```
/// use authsome_core::error::StoreError;
/// use authsome_core::forward_records;
/// use authsome_core::records::Records;
///
/// /// A store that deletes nothing.
/// struct Kept<R> {
///     inner: R,
/// }
///
/// forward_records! {
///     impl[R: Records] Records for Kept<R>: |kept, verb, request| { kept.inner.$verb(request).await }
///     delete { Err(StoreError::backend(format!("{} is kept", request.table().name))) }
/// }
/// ```
///
/// A new verb of [`Records`](crate::records::Records) must be added here, or users of this macro do not compile.
#[macro_export]
macro_rules! forward_records {
    (
        $(#[$attribute:meta])*
        impl $([$($generics:tt)*])? Records for $type:ty: |$this:ident, $verb:ident, $request:ident| { $($body:tt)* }
        $($other:ident { $($own:tt)* })*
    ) => {
        $crate::forward_records! {
            @impl [$(#[$attribute])* #[$crate::records::async_trait] impl<$($($generics)*)?>] [$type] $this $request
            (($) $verb { $($body)* } $($other { $($own)* })*)
            insert(InsertRequest) -> u64;
            find(FindRequest) -> ::std::vec::Vec<$crate::records::Row>;
            count(CountRequest) -> u64;
            update(UpdateRequest) -> ::core::option::Option<$crate::records::Row>;
            update_all(UpdateRequest) -> u64;
            upsert(UpsertRequest) -> $crate::records::Row;
            delete(DeleteRequest) -> u64;
        }
    };
    (
        @impl [$($impl:tt)*] [$type:ty] $this:ident $request:ident $bodies:tt
        $($called:ident($asked:ident) -> $answer:ty;)*
    ) => {
        $($impl)* $crate::records::Records for $type {
            $(
                async fn $called(
                    &self,
                    $request: $crate::records::$asked,
                ) -> ::core::result::Result<$answer, $crate::error::StoreError> {
                    let $this = self;
                    $crate::forward_records!(@call $called $bodies)
                }
            )*
        }
    };
    // A macro of its own, so that the bodies see the verb; in the method, so that they see the value and the request.
    // Naming the separate verbs checks that they are verbs.
    (@call $called:ident (($dollar:tt) $verb:ident { $($body:tt)* } $($other:ident { $($own:tt)* })*)) => {{
        $(let _ = <Self as $crate::records::Records>::$other;)*
        macro_rules! forward {
            $(($other) => { $($own)* };)*
            ($dollar $verb:ident) => { $($body)* };
        }
        forward!($called)
    }};
}

#[cfg(test)]
mod tests {
    use crate::app::{App, AppStore};
    use crate::entity::Entity;
    use crate::error::StoreError;

    /// Answers with the verb's name, and counts for itself. The lint sees a verb that is not forwarded.
    struct Named;

    crate::forward_records! {
        #[deny(clippy::missing_trait_methods)]
        impl Records for Named: |_named, verb, _request| { Err(StoreError::backend(stringify!($verb))) }
        count { Ok(7) }
    }

    #[tokio::test]
    async fn a_verb_goes_the_way_of_all_but_one_with_a_body_of_its_own() {
        let error = Named.app_by_slug("app").await.unwrap_err();
        assert!(matches!(error, StoreError::Backend { source, .. } if source.to_string() == "find"));
        assert_eq!(App::find(()).count(&Named).await.unwrap(), 7);
    }
}
