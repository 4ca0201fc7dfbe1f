//! Raw calldata against a living world. Whatever bytes arrive: no panic, a failed call leaves the
//! world as it was, and the logs of the others rebuild it.
#![no_main]

use alloy_primitives::{Address, B256, Bytes, U256, hex};
use bondstone_symbiotic::Kind;
use bondstone_symbiotic::rules::subnetwork;
use bondstone_world::sandbox::{Sandbox, SlasherChoice, VaultPlan, account};
use bondstone_world::World;
use libfuzzer_sys::fuzz_target;
use std::sync::OnceLock;

const NETWORK: Address = Address::repeat_byte(0x22);
const MIDDLEWARE: Address = Address::repeat_byte(0x11);
const OPERATOR: Address = Address::repeat_byte(0x33);

struct Scene {
    sandbox: Sandbox,
    /// Who may call.
    actors: Vec<Address>,
    /// What may be called.
    targets: Vec<Address>,
    /// Words that lead further than random ones.
    words: Vec<B256>,
    selectors: Vec<[u8; 4]>,
}

fn scene() -> &'static Scene {
    static SCENE: OnceLock<Scene> = OnceLock::new();
    SCENE.get_or_init(|| build().expect("the scene is fixed"))
}

fn build() -> Result<Scene, bondstone_world::sandbox::SandboxError> {
    let mut sandbox = Sandbox::new(1_750_000_000)?;
    sandbox.network(NETWORK, MIDDLEWARE)?;
    sandbox.operator(OPERATOR)?;
    let token = sandbox.token;
    let mut targets = vec![token, bondstone_world::multicall3()];
    for (tokenized, delegator_type, slasher) in [
        (false, 0, SlasherChoice::Instant),
        (true, 1, SlasherChoice::Veto(20)),
        (false, 0, SlasherChoice::None),
    ] {
        let plan = VaultPlan {
            collateral: token,
            tokenized,
            epoch_duration: 100,
            delegator_type,
            slasher,
        };
        let parts = sandbox.vault(&plan)?;
        sandbox.opt_in(OPERATOR, parts.vault, NETWORK).ok();
        sandbox.delegate(&parts, NETWORK, OPERATOR)?;
        for staker in 0..2 {
            sandbox.fund_and_deposit(parts.vault, account(staker), U256::from(10_000))?;
            sandbox.mint(token, account(staker), U256::from(10_000))?;
        }
        targets.extend([parts.vault, parts.delegator, parts.slasher]);
    }
    targets.extend(Kind::ALL.iter().map(|kind| sandbox.at(*kind)));
    targets.extend(sandbox.deployment.hooks.iter().map(|hook| hook.address));
    sandbox.wait(150);
    let actors =
        vec![account(0), account(1), sandbox.curator, NETWORK, MIDDLEWARE, OPERATOR, targets[4]];
    let now = sandbox.now();
    let mut words: Vec<B256> = actors.iter().chain(&targets).map(|a| a.into_word()).collect();
    words.push(subnetwork(NETWORK, Default::default()));
    words.extend([0, 1, 2, 3, 32, 64, 96, 128, 160, 1_000, 10_000, now, now - 1, now - 99].map(
        |n| B256::from(U256::from(n)),
    ));
    words.push(B256::repeat_byte(0xff));
    let selectors = selectors();
    Ok(Scene { sandbox, actors, targets, words, selectors })
}

/// Reads the fuzzer's bytes as calls.
struct Reader<'a>(&'a [u8]);

impl Reader<'_> {
    fn byte(&mut self) -> Option<u8> {
        let (first, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(*first)
    }

    fn pick<T: Copy>(&mut self, from: &[T]) -> Option<T> {
        let low = usize::from(self.byte()?);
        let high = usize::from(self.byte()?);
        from.get((high * 256 + low) % from.len()).copied()
    }

    fn calldata(&mut self, scene: &Scene) -> Option<Bytes> {
        let shape = self.byte()?;
        if shape & 0x0f == 0 {
            let length = usize::from(self.byte()?).min(self.0.len());
            let (taken, rest) = self.0.split_at(length);
            self.0 = rest;
            return Some(Bytes::copy_from_slice(taken));
        }
        let mut out = self.pick(&scene.selectors)?.to_vec();
        for _ in 0..shape & 0x0f {
            match self.byte()? {
                0..=15 => out.extend(B256::from(U256::from(self.byte()?))),
                _ => out.extend(self.pick(&scene.words)?),
            }
        }
        if shape & 0x10 != 0 {
            out.truncate(out.len() - usize::from(shape >> 5));
        }
        Some(out.into())
    }
}

fn step(scene: &Scene, reader: &mut Reader<'_>, sandbox: &mut Sandbox, mirror: &mut World) -> bool {
    let Some(control) = reader.byte() else { return false };
    if control & 0x0f == 0 {
        sandbox.wait(u64::from(control >> 4) * 20);
        mirror.set_block(*sandbox.world.block());
        return true;
    }
    let Some(from) = reader.pick(&scene.actors) else { return false };
    let Some(to) = reader.pick(&scene.targets) else { return false };
    let Some(input) = reader.calldata(scene) else { return false };
    let receipt = sandbox.send_raw(from, to, input.clone());
    if receipt.outcome.is_err() {
        assert!(receipt.entries.is_empty());
    }
    for entry in &receipt.entries {
        mirror.fold(&entry.log).unwrap_or_else(|error| {
            panic!("{error}: {} {to} {}", entry.log.address, hex::encode(&input))
        });
    }
    true
}

fuzz_target!(|data: &[u8]| {
    let scene = scene();
    let mut sandbox = scene.sandbox.clone();
    let mut mirror = sandbox.world.clone();
    let mut reader = Reader(data);
    while step(scene, &mut reader, &mut sandbox, &mut mirror) {}
    assert!(mirror == sandbox.world, "the logs do not rebuild the state");
});
