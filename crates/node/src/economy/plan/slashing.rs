//! Slashes, at once or after a veto period, and where the collateral goes.

use super::{Plan, Request};
use crate::economy::error::{Fault, Place, Problem};
use crate::economy::file::{Name, ReleaseTable, RequestTable, SlashTable, SlasherType};
use crate::economy::quantity::{time, units};
use alloy_primitives::aliases::U48;
use alloy_primitives::{Address, B256, Bytes, U256};
use bondstone_symbiotic::abi::router::BurnerRouter;
use bondstone_symbiotic::abi::slasher::{Slasher, VetoSlasher};

/// What a slash takes from whom.
struct Offence {
    vault: usize,
    network: usize,
    subnetwork: B256,
    operator: Address,
    amount: U256,
    captured: U48,
}

impl Plan<'_> {
    /// The slasher of a vault, of the kind that is needed.
    pub(super) fn slasher(&self, vault: usize, veto: bool) -> Result<Address, Fault> {
        let why = match (self.file.vault[vault].slasher.get_ref().r#type, veto) {
            (SlasherType::Instant, false) | (SlasherType::Veto, true) => {
                return Ok(self.vaults[vault].slasher);
            }
            (SlasherType::None, _) => "the vault has no slasher",
            (SlasherType::Instant, true) => "the vault's slasher is instant, nobody can veto",
            (SlasherType::Veto, false) => {
                "the vault's slasher waits for vetoes; use `request_slash` and `execute_slash`"
            }
        };
        Err(self.place.key("vault").wrong(Problem::Misplaced(why)))
    }

    fn offence(&self, table: &SlashTable) -> Result<Offence, Fault> {
        let vault = self.roster.vault("vault", &table.vault)?;
        let network = self.roster.network("network", &table.network)?;
        let captured = match &table.captured {
            None => self.second_before(),
            Some(text) => {
                let ago = time("captured", text)?;
                let moment = self.world.block().timestamp.checked_sub(ago);
                let moment = moment.and_then(|moment| U48::try_from(moment).ok());
                moment.filter(|moment| *moment >= U48::from(self.start)).ok_or_else(|| {
                    let why = "nothing was there yet, so long before";
                    Place::of("captured", text).wrong(Problem::Misplaced(why))
                })?
            }
        };
        Ok(Offence {
            vault,
            network,
            subnetwork: self.subnetwork(network, table.subnetwork.as_ref())?,
            operator: self.address(self.roster.operator("operator", &table.operator)?),
            amount: units("amount", &table.amount, self.decimals(vault)?)?,
            captured,
        })
    }

    /// The network's middleware slashes at once.
    pub(super) fn slash(&mut self, table: &SlashTable) -> Result<(), Fault> {
        if let Some(name) = &table.name {
            let why = "only a request has a name, by which it is vetoed or executed";
            return Err(Place::of("name", name).wrong(Problem::Misplaced(why)));
        }
        let offence = self.offence(table)?;
        let slasher = self.slasher(offence.vault, false)?;
        let call = Slasher::slashCall {
            subnetwork: offence.subnetwork,
            operator: offence.operator,
            amount: offence.amount,
            captureTimestamp: offence.captured,
            hints: Bytes::new(),
        };
        self.send(self.middlewares[offence.network], slasher, &call).map(drop)
    }

    pub(super) fn request_slash(&mut self, table: &SlashTable) -> Result<(), Fault> {
        let offence = self.offence(table)?;
        let slasher = self.slasher(offence.vault, true)?;
        if let Some(name) = table.name.as_ref().filter(|n| self.requests.contains_key(n.get_ref()))
        {
            let problem = Problem::Taken(name.get_ref().clone());
            return Err(Place::of("name", name).wrong(problem));
        }
        let call = VetoSlasher::requestSlashCall {
            subnetwork: offence.subnetwork,
            operator: offence.operator,
            amount: offence.amount,
            captureTimestamp: offence.captured,
            hints: Bytes::new(),
        };
        let index = self.send(self.middlewares[offence.network], slasher, &call)?;
        let subnetwork = offence.subnetwork;
        let resolver = VetoSlasher::resolverCall { subnetwork, hint: Bytes::new() };
        let resolver = Some(self.read(slasher, &resolver)?).filter(|who| !who.is_zero());
        if let Some(name) = &table.name {
            let Offence { vault, network, .. } = offence;
            let request = Request { vault, network, resolver, index };
            self.requests.insert(name.get_ref().clone(), request);
        }
        Ok(())
    }

    fn request(&self, name: &Name) -> Result<Request, Fault> {
        self.requests.get(name.get_ref()).copied().ok_or_else(|| {
            let (kind, name_text) = ("slash request made before", name.get_ref().clone());
            Place::of("request", name).wrong(Problem::Unknown { kind, name: name_text })
        })
    }

    /// The resolver of the request's subnetwork stops it.
    pub(super) fn veto_slash(&mut self, table: &RequestTable) -> Result<(), Fault> {
        let request = self.request(&table.request)?;
        let people = &self.roster.people;
        let resolver = request
            .resolver
            .and_then(|resolver| people.iter().position(|person| person.address() == resolver));
        let Some(resolver) = resolver else {
            let why = "the network has no resolver, so nobody can veto";
            return Err(Place::of("request", &table.request).wrong(Problem::Misplaced(why)));
        };
        let call = VetoSlasher::vetoSlashCall { slashIndex: request.index, hints: Bytes::new() };
        self.send(resolver, self.vaults[request.vault].slasher, &call).map(drop)
    }

    pub(super) fn execute_slash(&mut self, table: &RequestTable) -> Result<(), Fault> {
        let request = self.request(&table.request)?;
        let call = VetoSlasher::executeSlashCall { slashIndex: request.index, hints: Bytes::new() };
        let middleware = self.middlewares[request.network];
        self.send(middleware, self.vaults[request.vault].slasher, &call).map(drop)
    }

    /// A receiver takes what a burner router holds for it.
    pub(super) fn release(&mut self, table: &ReleaseTable) -> Result<(), Fault> {
        let router = self.routers[self.roster.router("router", &table.router)?];
        let account = self.roster.account("receiver", &table.receiver)?;
        let receiver = self.address(account);
        self.send(account, router, &BurnerRouter::triggerTransferCall { receiver }).map(drop)
    }
}
