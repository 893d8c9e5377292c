//! `Debug` that shows what is named and nothing else.

/// Shows only these fields of a type. The others are secret, or have no form in text.
macro_rules! shows_only {
    ($shown:ident $(<$lifetime:lifetime>)? { $($field:ident),* }) => {
        impl ::std::fmt::Debug for $shown $(<$lifetime>)? {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                f.debug_struct(stringify!($shown))$(.field(stringify!($field), &self.$field))*.finish_non_exhaustive()
            }
        }
    };
}
pub(crate) use shows_only;

/// Prints the name of the type in place of what it holds.
macro_rules! unprinted {
    ($($secret:ident),*) => {$(
        impl ::std::fmt::Debug for $secret {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                f.write_str(concat!(stringify!($secret), "(…)"))
            }
        }
    )*};
}
pub(crate) use unprinted;
