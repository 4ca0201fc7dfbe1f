//! Snapshots: what comes back, what is refused, and that no bytes do harm.

use alloy_primitives::{Address, B256, U256};
use bondstone_kernel::Block;
use bondstone_kernel::erc20::Transfer;
use bondstone_symbiotic::abi::vault::Vault;
use bondstone_tokens::TokenEvent;
use bondstone_world::sandbox::{Sandbox, SlasherChoice, Style, VaultParts, VaultPlan, account};
use bondstone_world::snapshot::{FORMAT, layout, layout_digest};
use bondstone_world::{SnapshotError, World};
use std::io::{Error, ErrorKind, Read, Write};

const NETWORK: Address = Address::repeat_byte(0x22);
const OPERATOR: Address = Address::repeat_byte(0x33);
/// Format and layout digest.
const HEADER: usize = 36;

/// A world with a tokenized vault that is delegated, slashable and staked in.
fn staked() -> (Sandbox, VaultParts) {
    let mut sandbox = Sandbox::new(1_750_000_000).expect("the deployment fits");
    let plan = VaultPlan {
        collateral: sandbox.token,
        tokenized: true,
        epoch_duration: 100,
        delegator_type: 0,
        slasher: SlasherChoice::Veto(20),
    };
    let parts = sandbox.vault(&plan).expect("the plan is sound");
    sandbox.network(NETWORK, Address::repeat_byte(0x11)).expect("new");
    sandbox.operator(OPERATOR).expect("new");
    sandbox.opt_in(OPERATOR, parts.vault, NETWORK).expect("registered");
    sandbox.delegate(&parts, NETWORK, OPERATOR).expect("the curator may");
    for staker in 0..3 {
        let amount = U256::from(1_000);
        sandbox.fund_and_deposit(parts.vault, account(staker), amount).expect("funded");
        sandbox.wait(1);
    }
    (sandbox, parts)
}

/// A world with a token, a holder, some wei and a word of storage.
fn small() -> World {
    let mut world = World::new(Block { number: 7, timestamp: 1_750_000_000, chain_id: 31337 });
    let (token, holder) = (Address::repeat_byte(0x70), account(1));
    let created = TokenEvent::from(Style::FeeBps(30).created("Token", "TKN", 6));
    world.deploy(token, created).expect("the address is free");
    let mint = Transfer { from: Address::ZERO, to: holder, value: U256::from(5) };
    world.deploy(token, TokenEvent::from(mint)).expect("fits");
    world.set_balance(holder, U256::from(9)).expect("always");
    world.store(holder, B256::repeat_byte(1), B256::repeat_byte(2)).expect("not a static call");
    world
}

fn saved(world: &World) -> Vec<u8> {
    let mut bytes = Vec::new();
    world.save(&mut bytes).expect("memory takes all bytes");
    bytes
}

/// What loading says of bytes that are no snapshot.
fn refusal(bytes: &[u8]) -> SnapshotError {
    World::load(bytes).expect_err("these bytes are no snapshot")
}

#[test]
fn a_world_comes_back_and_goes_on_alike() {
    let (mut sandbox, parts) = staked();
    let bytes = saved(&sandbox.world);
    let mut loaded = sandbox.clone();
    loaded.world = World::load(bytes.as_slice()).expect("just saved");
    assert!(loaded.world == sandbox.world);
    assert_eq!(saved(&loaded.world), bytes);
    for sandbox in [&mut sandbox, &mut loaded] {
        let amount = U256::from(400);
        sandbox.fund_and_deposit(parts.vault, account(9), amount).expect("funded");
        let withdraw = Vault::withdrawCall { claimer: account(1), amount };
        sandbox.run(account(1), parts.vault, &withdraw).expect("staked");
    }
    assert!(loaded.world == sandbox.world);
    assert_eq!(saved(&loaded.world), saved(&sandbox.world));
}

#[test]
fn a_small_world_is_a_small_snapshot() {
    assert!(saved(&World::default()).len() < 1_000);
    let world = small();
    let bytes = saved(&world);
    assert!(bytes.len() < 1_600, "{} bytes", bytes.len());
    assert!(World::load(bytes.as_slice()).expect("just saved") == world);
}

#[test]
fn a_snapshot_that_ends_early_is_truncated_where_it_ends() {
    let bytes = saved(&small());
    let large = saved(&staked().0.world);
    let ends = (0..bytes.len()).map(|end| &bytes[..end]);
    for cut in ends.chain((0..large.len()).step_by(41).map(|end| &large[..end])) {
        match refusal(cut) {
            SnapshotError::Truncated { position } => assert_eq!(position, cut.len() as u64),
            other => panic!("cut to {} bytes: {other}", cut.len()),
        }
    }
}

#[test]
fn bytes_behind_the_state_are_refused() {
    let mut bytes = saved(&small());
    let length = bytes.len() as u64;
    bytes.push(0);
    let error = refusal(&bytes);
    assert!(matches!(error, SnapshotError::Trailing { position } if position == length), "{error}");
}

#[test]
fn another_format_is_refused_before_anything_else() {
    let mut bytes = saved(&small());
    bytes[0] += 1;
    bytes[HEADER - 1] ^= 1;
    let error = refusal(&bytes);
    assert!(matches!(error, SnapshotError::Format { found } if found == FORMAT + 1), "{error}");
    let text = "the snapshot says that it has format 1684959074; this build reads format 1";
    assert_eq!(refusal(b"bond of stone").to_string(), text);
}

#[test]
fn another_layout_is_refused_before_the_state_is_read() {
    let bytes = saved(&small());
    assert_eq!(bytes[4..HEADER], layout_digest()[..]);
    let mut other = bytes[..HEADER].to_vec();
    other[20] ^= 1;
    let SnapshotError::Layout { found, expected } = refusal(&other) else {
        panic!("{}", refusal(&other));
    };
    assert_eq!((found, expected), (B256::from_slice(&other[4..]), layout_digest()));
}

#[test]
fn the_layout_names_fields_of_values_within_cells() {
    let layout = layout();
    for part in [
        "block:Block{number:u64,timestamp:u64,chain_id:u64,},accounts:Index<Address>,base:State{",
        "names:Option<TokenNames{name:String,symbol:String,}>",
        "opt_ins:Traces<Trace<Checkpoint{key:u64,value:bool,}>>",
        "memory_keys:Index<(u32,u32,B256,u32,)>",
        "Singleton:Kind{OperatorRegistry=0;",
        "karak:State{contracts:Table<Contract{None;Core;",
        "snapshot:OpenSnapshot{node_balance:U256,balance_delta_word:U256,",
    ] {
        assert!(layout.contains(part), "{part} is not in {layout}");
    }
}

#[test]
fn damage_is_an_error_with_its_place() {
    let bytes = saved(&small());
    let fee = bytes.windows(3).position(|w| w == [1, 30, 0]).expect("the style of the token");
    let mut doctored = bytes.clone();
    doctored[fee + 2] = 0xff;
    let SnapshotError::Damaged { position, reason } = refusal(&doctored) else {
        panic!("{}", refusal(&doctored));
    };
    assert_eq!(position, fee as u64 + 3);
    assert_eq!(reason, "65310 is no fee in basis points");
}

#[test]
fn flipped_bits_load_as_another_world_or_not_at_all() {
    let world = small();
    let bytes = saved(&world);
    let (mut loaded, mut refused) = (0, 0);
    for at in HEADER..bytes.len() {
        let mut flipped = bytes.clone();
        flipped[at] ^= 1 << (at % 8);
        match World::load(flipped.as_slice()) {
            Ok(other) => {
                // Every bit counts: other bytes are another world, and are saved as such.
                assert!(other != world, "a flipped bit of byte {at} says nothing");
                assert_eq!(saved(&other), flipped, "a flipped bit of byte {at}");
                loaded += 1;
            }
            Err(_) => refused += 1,
        }
    }
    assert!(loaded > 0 && refused > 0, "{loaded} loaded, {refused} refused");
}

/// A disk with this much room.
struct Full(usize);

impl Write for Full {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let taken = bytes.len().min(self.0);
        self.0 -= taken;
        if taken == 0 { Err(ErrorKind::StorageFull.into()) } else { Ok(taken) }
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// A disk that fails after these bytes, once it was interrupted.
struct Failing<'a>(&'a [u8], bool);

impl Read for Failing<'_> {
    fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
        if !std::mem::replace(&mut self.1, true) {
            return Err(ErrorKind::Interrupted.into());
        }
        if self.0.is_empty() { Err(Error::other("bad sector")) } else { self.0.read(into) }
    }
}

#[test]
fn failures_of_the_disk_are_told_from_damage() {
    let world = small();
    let bytes = saved(&world);
    let error = world.save(Full(bytes.len() - 1)).expect_err("one byte too many");
    assert!(matches!(&error, SnapshotError::Write(e) if e.kind() == ErrorKind::StorageFull));
    world.save(Full(bytes.len())).expect("just enough");
    let error = World::load(Failing(&bytes[..100], false)).expect_err("the disk fails");
    let text = "the snapshot cannot be read after byte 100: bad sector";
    assert_eq!(error.to_string(), text);
}
