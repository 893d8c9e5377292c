//! What the types promise: these programs do not compile.

#[test]
fn what_the_types_forbid_does_not_compile() {
    trybuild::TestCases::new().compile_fail("cases/*.rs");
}
