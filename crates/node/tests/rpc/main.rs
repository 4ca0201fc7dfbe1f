//! The chain as clients meet it: over HTTP, in JSON.

mod bad_input;
mod client;
mod economy;
mod logs;
mod reading;
mod sending;
mod time;
