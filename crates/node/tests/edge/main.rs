//! The server's edge: who may ask, how much one may take, what happens to clients that are slow,
//! and how the server ends.

mod limits;
mod pages;
mod rig;
mod slow;
mod stopping;
mod websocket;
