//! What an economy's file may say. Every value that can be wrong knows its place in the text.

mod karak;

pub(super) use karak::{
    DssTable, FinalizeSlashingTable, FinalizeStakeTable, HookName, JailTable, KarakVaultTable,
    MembershipTable, RefuseTable, SlashingTable, StakeUpdateTable, StartRedeemTable,
};

use super::error::Place;
use super::quantity::Quantity;
use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, SeqAccess, Visitor, value::MapAccessDeserializer};
use std::collections::BTreeMap;
use std::fmt;
use std::marker::PhantomData;
use toml::Spanned;

/// A name, where it stands.
pub(super) type Name = Spanned<String>;
/// An amount, where it stands.
pub(super) type Amount = Spanned<Quantity>;
/// What each operator gets, by name.
pub(super) type ByOperator = BTreeMap<Name, Amount>;

/// The file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct File {
    pub(super) chain: ChainTable,
    #[serde(default)]
    pub(super) token: Vec<TokenTable>,
    #[serde(default)]
    pub(super) network: Vec<NetworkTable>,
    #[serde(default)]
    pub(super) operator: Vec<OperatorTable>,
    #[serde(default)]
    pub(super) account: Vec<AccountTable>,
    #[serde(default)]
    pub(super) stakers: Vec<StakersTable>,
    #[serde(default)]
    pub(super) burner_router: Vec<RouterTable>,
    #[serde(default)]
    pub(super) vault: Vec<VaultTable>,
    #[serde(default)]
    pub(super) rewards: Vec<RewardsTable>,
    #[serde(default)]
    pub(super) dss: Vec<DssTable>,
    #[serde(default)]
    pub(super) karak_vault: Vec<KarakVaultTable>,
    #[serde(default)]
    pub(super) event: Vec<EventTable>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ChainTable {
    pub(super) title: Option<String>,
    pub(super) start: Spanned<String>,
}

/// What a token does with what is sent to the zero address.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum ZeroAddress {
    #[default]
    Refuses,
    Holds,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TokenTable {
    pub(super) symbol: Name,
    pub(super) name: String,
    pub(super) decimals: Spanned<u8>,
    pub(super) address: Option<Spanned<String>>,
    #[serde(default)]
    pub(super) zero_address: ZeroAddress,
    pub(super) faucet: Option<Amount>,
    pub(super) price_usd: Option<Amount>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct NetworkTable {
    pub(super) name: Name,
    pub(super) index: Option<Spanned<usize>>,
    pub(super) note: Option<String>,
    pub(super) middleware: Option<Name>,
    pub(super) subnetworks: Option<Spanned<u64>>,
    pub(super) metadata: Option<Spanned<String>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct OperatorTable {
    pub(super) name: Name,
    pub(super) index: Option<Spanned<usize>>,
    pub(super) note: Option<String>,
    pub(super) metadata: Option<Spanned<String>>,
}

/// What an account is there for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum AccountRole {
    Staker,
    Curator,
    Resolver,
    Middleware,
    Controller,
    Receiver,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct AccountTable {
    pub(super) name: Name,
    pub(super) index: Option<Spanned<usize>>,
    pub(super) role: AccountRole,
    pub(super) note: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct StakersTable {
    pub(super) name: Name,
    pub(super) count: Spanned<usize>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RouterTable {
    pub(super) name: Name,
    pub(super) collateral: Name,
    pub(super) by: Name,
    pub(super) owner: Option<Name>,
    pub(super) delay: Spanned<String>,
    pub(super) receiver: Option<Name>,
    #[serde(default)]
    pub(super) networks: BTreeMap<Name, Name>,
    #[serde(default)]
    pub(super) operators: Vec<OperatorReceiverTable>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct OperatorReceiverTable {
    pub(super) network: Name,
    pub(super) operator: Name,
    pub(super) receiver: Name,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct VaultTable {
    pub(super) name: Name,
    pub(super) collateral: Name,
    pub(super) tokenized: Option<TokenizedTable>,
    pub(super) epoch: Spanned<String>,
    pub(super) curator: Name,
    pub(super) owner: Option<Name>,
    pub(super) burner: Option<Name>,
    pub(super) delegator: Spanned<DelegatorTable>,
    pub(super) slasher: Spanned<SlasherTable>,
    pub(super) deposit_limit: Option<Amount>,
    #[serde(default)]
    pub(super) whitelist: bool,
    #[serde(default)]
    pub(super) roles: RolesTable,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TokenizedTable {
    pub(super) name: String,
    pub(super) symbol: String,
}

/// The four types of delegator.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum DelegatorType {
    NetworkRestake,
    FullRestake,
    OperatorSpecific,
    OperatorNetworkSpecific,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct DelegatorTable {
    pub(super) r#type: DelegatorType,
    pub(super) network: Option<Name>,
    pub(super) operator: Option<Name>,
    pub(super) hook: Option<Name>,
}

/// The slashers, and none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum SlasherType {
    None,
    Instant,
    Veto,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SlasherTable {
    pub(super) r#type: SlasherType,
    pub(super) veto: Option<Spanned<String>>,
    pub(super) resolver_delay_epochs: Option<Spanned<u64>>,
    pub(super) burner_hook: Option<bool>,
}

/// Who holds a vault's roles; the curator where nothing is said, nobody where `none` is.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RolesTable {
    pub(super) admin: Option<Name>,
    pub(super) deposit_whitelist: Option<Name>,
    pub(super) depositors: Option<Name>,
    pub(super) is_deposit_limit: Option<Name>,
    pub(super) deposit_limit: Option<Name>,
    pub(super) delegator_admin: Option<Name>,
    pub(super) network_limit: Option<Name>,
    pub(super) operators: Option<Name>,
    pub(super) hook: Option<Name>,
}

/// Whom a rewards contract pays.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Paid {
    Stakers,
    Operators,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RewardsTable {
    pub(super) name: Name,
    pub(super) pays: Spanned<Paid>,
    pub(super) by: Name,
    pub(super) vault: Option<Name>,
    pub(super) admin_fee: Option<Amount>,
}

/// Declares the table of an event and the enum of what it can hold, so that both list the same.
macro_rules! events {
    ($($key:ident: $action:ident($table:ident);)*) => {
        #[derive(Debug, Deserialize)]
        #[serde(deny_unknown_fields)]
        pub(super) struct EventTable {
            pub(super) at: Spanned<String>,
            pub(super) every: Option<Spanned<String>>,
            pub(super) times: Option<Spanned<u64>>,
            $($key: Option<Spanned<OneOrMore<$table>>>,)*
        }

        /// Something that happens.
        #[derive(Clone, Copy, Debug)]
        pub(super) enum Action<'a> {
            $($action(&'a $table),)*
        }

        impl EventTable {
            /// What happens, in the order in which it stands in the file.
            pub(super) fn actions(&self) -> Vec<(Place, Action<'_>)> {
                let mut actions = Vec::new();
                $(if let Some(all) = &self.$key {
                    let place = Place::of(stringify!($key), all);
                    actions.extend(all.get_ref().0.iter().map(|(offset, table)| {
                        let offset = offset.unwrap_or(place.offset);
                        (Place { offset, ..place }, Action::$action(table))
                    }));
                })*
                actions.sort_by_key(|(place, _)| place.offset);
                actions
            }
        }
    };
}

events! {
    deposit: Deposit(DepositTable);
    withdraw: Withdraw(WithdrawTable);
    claim: Claim(ClaimTable);
    transfer: Transfer(TransferTable);
    opt_in: OptIn(OptTable);
    opt_out: OptOut(OptTable);
    delegate: Delegate(DelegateTable);
    max_network_limit: MaxNetworkLimit(LimitTable);
    network_limit: NetworkLimit(LimitTable);
    operator_shares: OperatorShares(SharesTable);
    operator_limits: OperatorLimits(SharesTable);
    resolver: Resolver(ResolverTable);
    hook: Hook(HookTable);
    deposit_limit: DepositLimit(DepositLimitTable);
    whitelist: Whitelist(WhitelistTable);
    metadata: Metadata(MetadataTable);
    middleware: Middleware(MiddlewareTable);
    distribute: Distribute(DistributeTable);
    claim_rewards: ClaimRewards(ClaimRewardsTable);
    claim_admin_fee: ClaimAdminFee(ClaimAdminFeeTable);
    admin_fee: AdminFee(AdminFeeTable);
    slash: Slash(SlashTable);
    request_slash: RequestSlash(SlashTable);
    veto_slash: VetoSlash(RequestTable);
    execute_slash: ExecuteSlash(RequestTable);
    release: Release(ReleaseTable);
    register_to_dss: RegisterToDss(MembershipTable);
    unregister_from_dss: UnregisterFromDss(MembershipTable);
    request_stake: RequestStake(StakeUpdateTable);
    request_unstake: RequestUnstake(StakeUpdateTable);
    finalize_stake_update: FinalizeStakeUpdate(FinalizeStakeTable);
    start_redeem: StartRedeem(StartRedeemTable);
    finish_redeem: FinishRedeem(ClaimTable);
    request_slashing: RequestSlashing(SlashingTable);
    veto_slashing: VetoSlashing(RequestTable);
    finalize_slashing: FinalizeSlashing(FinalizeSlashingTable);
    jail: Jail(JailTable);
    refuse: Refuse(RefuseTable);
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct DepositTable {
    pub(super) vault: Name,
    pub(super) by: Name,
    pub(super) members: Option<Spanned<String>>,
    pub(super) amount: Option<Amount>,
    pub(super) from: Option<Amount>,
    pub(super) to: Option<Amount>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WithdrawTable {
    pub(super) vault: Name,
    pub(super) by: Name,
    pub(super) members: Option<Spanned<String>>,
    pub(super) amount: Amount,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ClaimTable {
    pub(super) vault: Name,
    pub(super) by: Name,
    pub(super) members: Option<Spanned<String>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TransferTable {
    pub(super) token: Name,
    pub(super) by: Name,
    pub(super) members: Option<Spanned<String>>,
    pub(super) to: Name,
    pub(super) amount: Amount,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct OptTable {
    pub(super) operator: Name,
    pub(super) vault: Option<Name>,
    pub(super) network: Option<Name>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct DelegateTable {
    pub(super) vault: Name,
    pub(super) network: Name,
    pub(super) subnetwork: Option<Spanned<u64>>,
    pub(super) max_limit: Option<Amount>,
    pub(super) limit: Option<Amount>,
    #[serde(default)]
    pub(super) shares: ByOperator,
    #[serde(default)]
    pub(super) limits: ByOperator,
    #[serde(default)]
    pub(super) operators: Vec<Name>,
    pub(super) resolver: Option<Name>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct LimitTable {
    pub(super) vault: Name,
    pub(super) network: Name,
    pub(super) subnetwork: Option<Spanned<u64>>,
    pub(super) amount: Amount,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SharesTable {
    pub(super) vault: Name,
    pub(super) network: Name,
    pub(super) subnetwork: Option<Spanned<u64>>,
    pub(super) operators: ByOperator,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ResolverTable {
    pub(super) vault: Name,
    pub(super) network: Name,
    pub(super) subnetwork: Option<Spanned<u64>>,
    pub(super) resolver: Name,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct HookTable {
    pub(super) vault: Name,
    pub(super) hook: Name,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct DepositLimitTable {
    pub(super) vault: Name,
    pub(super) amount: Option<Amount>,
    pub(super) enabled: Option<bool>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WhitelistTable {
    pub(super) vault: Name,
    pub(super) enabled: Option<bool>,
    #[serde(default)]
    pub(super) depositors: Vec<Name>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct MetadataTable {
    pub(super) of: Name,
    pub(super) url: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct MiddlewareTable {
    pub(super) network: Name,
    pub(super) middleware: Name,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct DistributeTable {
    pub(super) rewards: Name,
    pub(super) network: Name,
    pub(super) token: Name,
    pub(super) amount: Amount,
    /// Parts of operators in an operator rewards contract; without them, by their stake.
    #[serde(default)]
    pub(super) shares: ByOperator,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ClaimRewardsTable {
    pub(super) rewards: Name,
    pub(super) network: Name,
    pub(super) token: Name,
    pub(super) by: Name,
    pub(super) members: Option<Spanned<String>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ClaimAdminFeeTable {
    pub(super) rewards: Name,
    pub(super) token: Name,
    pub(super) to: Option<Name>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct AdminFeeTable {
    pub(super) rewards: Name,
    pub(super) fee: Amount,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SlashTable {
    pub(super) name: Option<Name>,
    pub(super) vault: Name,
    pub(super) network: Name,
    pub(super) subnetwork: Option<Spanned<u64>>,
    pub(super) operator: Name,
    pub(super) amount: Amount,
    pub(super) captured: Option<Spanned<String>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RequestTable {
    pub(super) request: Name,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ReleaseTable {
    pub(super) router: Name,
    pub(super) receiver: Name,
}

/// A table, or a list of them. Elements of a list know their offset; a single table leaves that to
/// whoever holds it.
#[derive(Debug)]
pub(super) struct OneOrMore<T>(pub(super) Vec<(Option<usize>, T)>);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for OneOrMore<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Tables<T>(PhantomData<T>);
        impl<'de, T: Deserialize<'de>> Visitor<'de> for Tables<T> {
            type Value = OneOrMore<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a table or a list of tables")
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<OneOrMore<T>, A::Error> {
                T::deserialize(MapAccessDeserializer::new(map)).map(|t| OneOrMore(vec![(None, t)]))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<OneOrMore<T>, A::Error> {
                let mut all = Vec::new();
                while let Some(table) = list.next_element::<Spanned<T>>()? {
                    all.push((Some(table.span().start), table.into_inner()));
                }
                Ok(OneOrMore(all))
            }
        }
        deserializer.deserialize_any(Tables(PhantomData))
    }
}
