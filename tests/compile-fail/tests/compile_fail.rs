//! What the types promise: these programs do not compile.
//!
//! Beside each lies what the compiler says. Where core moved and the words are still the right ones,
//! `TRYBUILD=overwrite cargo test -p authsome-compile-fail` writes them anew.

#[test]
fn what_the_types_forbid_does_not_compile() {
    trybuild::TestCases::new().compile_fail("cases/*.rs");
}
