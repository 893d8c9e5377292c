//! Programs that must not compile, in `cases/`: what the types promise. Each has beside it what the compiler says.
