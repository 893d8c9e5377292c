//! The public suite that every Authsome backend must pass.
