//! What Karak sells, in the language of [`bondstone_kernel::security`].
//!
//! Amounts are what the contracts' own views answer, and whether a slash works is tried out. What
//! no state keeps (which updates and slashings wait, how they ended, what was taken) comes out of
//! the logs that the caller gives; [`topics`] says which. Karak knows no pay, so there is none to
//! tell.

mod changes;
mod history;
mod slashes;
mod stakes;
mod updates;
mod vaults;

use crate::KarakHost;
use crate::abi::core::Core;
use crate::abi::vault::Vault;
use crate::rules::core::{HUNDRED_PERCENT, NATIVE_ASSET};
use crate::state::{Contract, State};
use alloy_primitives::{Address, B256, Bytes, U256};
use alloy_sol_types::{SolCall, SolEvent};
use bondstone_kernel::security::{Asset, Dated, Fraction, Network, Party, Protocol, SecurityView};
use bondstone_kernel::{Accounts, Id, MathError, Revert, Timestamp, math};
use changes::Holders;
use history::History;

/// What a call would return at the picture's block. It changes nothing.
pub type Trial<'a> = dyn Fn(Address, Address, &[u8]) -> Result<Bytes, Revert> + 'a;

/// First topics of the logs that [`add_to`] needs, from all blocks up to the picture's. Others that
/// are given besides are passed over.
#[must_use]
pub fn topics() -> Vec<B256> {
    vec![
        Core::RequestedStakeUpdate::SIGNATURE_HASH,
        Core::RequestedSlashing::SIGNATURE_HASH,
        Core::CancelledSlashing::SIGNATURE_HASH,
        Core::SkippedSlashing::SIGNATURE_HASH,
        Core::FinalizedSlashing::SIGNATURE_HASH,
        Vault::Slashed::SIGNATURE_HASH,
    ]
}

/// Adds what Karak sells at the host's block to a picture. `history` holds the logs of [`topics`]
/// in the chain's order; `trial` tells what calls would return at the block, those that change
/// state too.
///
/// # Errors
/// [`MathError`] when sums leave 256 bits; amounts that contracts accept do not lead to one.
pub fn add_to(
    view: &mut SecurityView,
    host: &KarakHost<'_>,
    trial: &Trial<'_>,
    history: &[Dated<'_>],
) -> Result<(), MathError> {
    let scene = Scene::new(host, trial, history);
    scene.add_networks(view);
    scene.add_vaults(view);
    scene.add_updates(view);
    let slashes = scene.slashes()?;
    scene.add_commitments(view, &slashes)?;
    view.slashes.extend(slashes);
    Ok(())
}

/// What every part of the picture looks at.
struct Scene<'a> {
    host: &'a KarakHost<'a>,
    trial: &'a Trial<'a>,
    now: Timestamp,
    /// Where Core lives.
    core: Address,
    holders: Holders,
    history: History,
}

impl<'a> Scene<'a> {
    fn new(host: &'a KarakHost<'a>, trial: &'a Trial<'a>, history: &[Dated<'_>]) -> Self {
        let core = host.state().core.config().address;
        let is_vault =
            |emitter| matches!(host.state().contract(host.accounts(), emitter), Contract::Vault(_));
        Self {
            host,
            trial,
            now: Timestamp(host.block().timestamp),
            core,
            holders: Holders::of(host),
            history: History::read(core, is_vault, history),
        }
    }

    fn state(&self) -> &'a State {
        self.host.state()
    }

    fn accounts(&self) -> &'a Accounts {
        self.host.accounts()
    }

    fn id(&self, address: Address) -> Id {
        self.accounts().find(&address)
    }

    /// The party with this id.
    fn party(&self, id: Id) -> Party {
        self.accounts().key(id).unwrap_or_default().into()
    }

    /// What a contract answers; `None` when it fails or answers something else.
    fn ask<C: SolCall>(&self, contract: Address, call: &C) -> Option<C::Return> {
        let output = (self.trial)(Address::ZERO, contract, &call.abi_encode()).ok()?;
        C::abi_decode_returns_validate(&output).ok()
    }

    /// All that a vault holds; nothing when it does not answer.
    fn held(&self, vault: Address) -> U256 {
        self.ask(vault, &Vault::totalAssetsCall {}).unwrap_or_default()
    }

    /// A service is its own middleware: it asks Core to slash. Pay is its own affair.
    fn add_networks(&self, view: &mut SecurityView) {
        for id in self.state().core.known_services.keys() {
            let network = self.party(id);
            view.networks.push(Network {
                protocol: Protocol::Karak,
                middleware: Some(network.clone()),
                has_rail: false,
                changes: self.changes_of_service(id, &network),
                network,
            });
        }
    }
}

/// What a slash of `wad` takes of `held`, rounded down. Source: `SlasherLib.finalizeSlashing`.
fn part_floor(wad: U256, held: U256) -> Result<U256, MathError> {
    math::mul_div_floor(wad, held, HUNDRED_PERCENT)
}

/// A percentage in the protocol's scale as a fraction. Core lets none pass that is above the whole.
fn fraction(wad: U256) -> Fraction {
    let whole = HUNDRED_PERCENT.saturating_to();
    Fraction { numerator: wad.saturating_to(), denominator: whole }.reduced()
}

fn asset(address: Address) -> Asset {
    if address == NATIVE_ASSET { Asset::Ether } else { Asset::Token(address) }
}
