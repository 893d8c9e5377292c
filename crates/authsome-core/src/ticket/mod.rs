//! Tickets: sign-ins that wait for a second factor.

mod entity;

pub use entity::{Ticket, TicketPurpose};
