//! Raw calldata against a living world. Whatever bytes arrive: no panic, no answer that only this
//! model gives, a failed call leaves the world as it was, and the logs of the others rebuild it.
#![no_main]

mod karak;
mod reader;
mod scene;
mod surface;

use alloy_primitives::{Bytes, hex};
use alloy_sol_types::{Revert as ErrorString, SolError};
use bondstone_kernel::Revert;
use bondstone_world::World;
use bondstone_world::sandbox::Sandbox;
use libfuzzer_sys::fuzz_target;
use reader::Reader;
use scene::{Scene, scene};

/// Reverts of the model itself that it documents.
const DOCUMENTED: [&str; 4] = [
    "bondstone: contracts cannot be created here",
    "bondstone: insufficient funds",
    "bondstone: an entity of a foreign implementation cannot be created",
    "bondstone: the proxy's implementation is not native",
];

/// A revert that no contract would give: a log that the state refuses, most likely.
fn is_ours(revert: &Revert) -> bool {
    ErrorString::abi_decode(revert.data()).is_ok_and(|error| {
        error.reason.starts_with("bondstone: ") && !DOCUMENTED.contains(&error.reason.as_str())
    })
}

/// Two worlds that must stay the same, and calls that earlier ones made possible.
struct Run {
    sandbox: Sandbox,
    mirror: World,
    ready: Vec<Bytes>,
}

fn step(scene: &Scene, reader: &mut Reader<'_>, run: &mut Run) -> bool {
    let Some(control) = reader.byte() else { return false };
    let Run { sandbox, mirror, ready } = run;
    if control & 0x0f == 0 {
        sandbox.wait(karak::pause(control >> 4));
        mirror.set_block(*sandbox.world.block());
        for world in [&mut sandbox.world, mirror] {
            karak::tell_beacon_root(world);
        }
        return true;
    }
    let Some(from) = reader.pick(&scene.actors) else { return false };
    let Some(to) = reader.pick(&scene.targets) else { return false };
    let Some(input) = reader.calldata(scene, ready) else { return false };
    let before = sandbox.world.clone();
    let receipt = sandbox.send_raw(*from, *to, input.clone());
    if let Err(revert) = &receipt.outcome {
        assert!(!is_ours(revert), "{revert}: {from} {to} {}", hex::encode(&input));
        assert!(receipt.entries.is_empty());
        let is_undone = sandbox.world == before;
        assert!(is_undone, "a failed call left a trace: {from} {to} {}", hex::encode(&input));
    }
    for entry in &receipt.entries {
        mirror.fold(&entry.log).unwrap_or_else(|error| {
            panic!("{error}: {} {from} {to} {}", entry.log.address, hex::encode(&input))
        });
    }
    if let Ok(output) = &receipt.outcome {
        ready.extend(karak::follow_ups(&input, output));
    }
    true
}

fuzz_target!(|data: &[u8]| {
    let scene = scene();
    let sandbox = scene.sandbox.clone();
    let mirror = sandbox.world.clone();
    let mut run = Run { sandbox, mirror, ready: scene.ready.clone() };
    let mut reader = Reader(data);
    while step(scene, &mut reader, &mut run) {}
    assert!(run.mirror == run.sandbox.world, "the logs do not rebuild the state");
});
