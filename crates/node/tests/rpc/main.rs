//! The chain as clients meet it: over HTTP, in JSON.

mod bad_input;
mod client;
mod development;
mod economy;
mod filters;
mod ledger;
mod logs;
mod past;
mod reading;
mod security;
mod sending;
mod time;
mod traces;
