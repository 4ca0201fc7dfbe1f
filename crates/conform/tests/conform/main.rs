//! Conformance: every vector passes, doctored traces fail where they were doctored, and files that
//! cannot be judged are errors.

mod broken;
mod doctored;
mod files;
mod karak;
mod vectors;
