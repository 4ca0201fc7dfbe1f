//! The HTTP API, spoken to over a socket on chains with and without an economy.

mod claims;
mod client;
mod document;
mod lists;
mod merkle;
mod shelf;
mod streams;
