//! Every setting has the effect that it promises, wherever it is said.

mod binding;
mod lifetimes;
mod lockout;
mod methods;
mod passwords;
mod registration;
mod second_factor;
mod takes_effect;
mod test_codes;
mod token_format;
mod world;
