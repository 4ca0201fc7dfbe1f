//! What networks and vaults have between them, as the API tells it.

use super::answer::Scene;
use super::schema::{Amount, AssetText, HashText, PartyText, ProtocolText, Time};
use alloy_primitives::B256;
use bondstone_kernel::security::{
    Asset, Commitment, Distribution, Fraction, Paid, Party, Payee, Payment, Protocol, SecurityView,
    SlashRecord, SlashStatus,
};
use bondstone_kernel::{Assets, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// An asset.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AssetInfo {
    /// Which one.
    #[schema(value_type = AssetText)]
    pub asset: Asset,
    /// Its symbol; empty when it tells none.
    pub symbol: String,
    /// Decimals between its smallest unit and a whole one.
    pub decimals: u8,
}

impl AssetInfo {
    pub(crate) fn new(view: &SecurityView, asset: Asset) -> Self {
        let label = view.asset(&asset);
        let symbol = label.map(|label| label.symbol.clone()).unwrap_or_default();
        Self { asset, symbol, decimals: label.map_or(0, |label| label.decimals) }
    }
}

/// What a vault gives to a network, or to one subnetwork of it.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct CommitmentInfo {
    /// The vault.
    #[schema(value_type = PartyText)]
    vault: Party,
    /// The network.
    #[schema(value_type = PartyText)]
    network: Party,
    /// Number of the subnetwork.
    #[schema(value_type = Amount)]
    subnetwork: Assets,
    /// The most stake that the network accepts.
    #[schema(value_type = Amount)]
    maximum: Assets,
    /// The most stake that the vault's curator gives.
    #[schema(value_type = Amount)]
    limit: Assets,
    /// Sum of the operators' stakes.
    #[schema(value_type = Amount)]
    stake: Assets,
    /// Part of the stake that no other network and no other operator can slash.
    #[schema(value_type = Amount)]
    unique: Assets,
    /// The rest of the stake.
    #[schema(value_type = Amount)]
    shared: Assets,
    /// What can be slashed of the stake.
    #[schema(value_type = Amount)]
    slashable: Assets,
    /// Last second at which it can be slashed; 0 when the vault has no slasher.
    #[schema(value_type = Time)]
    slashable_until: Timestamp,
    /// Who can veto the network's slashes.
    #[schema(value_type = Option<PartyText>, required = true)]
    resolver: Option<Party>,
    /// Operators with a part in it, the largest stake first.
    operators: Vec<OperatorInfo>,
}

/// Stake behind one operator.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct OperatorInfo {
    /// The operator.
    #[schema(value_type = PartyText)]
    operator: Party,
    /// Its name, if the chain's economy gave it one.
    #[schema(required = true)]
    name: Option<String>,
    /// Its stake.
    #[schema(value_type = Amount)]
    stake: Assets,
    /// Part of the stake that nobody else can slash.
    #[schema(value_type = Amount)]
    unique: Assets,
    /// What can be slashed of it.
    #[schema(value_type = Amount)]
    slashable: Assets,
    /// Sum of what it was slashed here, in nominal amounts.
    #[schema(value_type = Amount)]
    slashed: Assets,
    /// Whether it agreed to work for the vault.
    is_in_vault: bool,
    /// Whether it agreed to work for the network.
    is_in_network: bool,
    /// Whether the network has jailed it.
    is_jailed: bool,
}

impl CommitmentInfo {
    pub(crate) fn new(scene: &Scene, from: &Commitment) -> Self {
        let operators = from.operators.iter().map(|operator| OperatorInfo {
            operator: operator.operator.clone(),
            name: scene.name(&operator.operator),
            stake: operator.stake,
            unique: operator.unique,
            slashable: operator.slashable,
            slashed: operator.slashed,
            is_in_vault: operator.is_in_vault,
            is_in_network: operator.is_in_network,
            is_jailed: operator.is_jailed,
        });
        Self {
            vault: from.vault.clone(),
            network: from.network.clone(),
            subnetwork: from.subnetwork,
            maximum: from.maximum,
            limit: from.limit,
            stake: from.stake,
            unique: from.unique,
            shared: from.shared,
            slashable: from.slashable,
            slashable_until: from.slashable_until,
            resolver: from.resolver.as_ref().and_then(|resolver| resolver.current.clone()),
            operators: operators.collect(),
        }
    }
}

/// A stream of pay.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct PaymentInfo {
    /// The protocol.
    #[schema(value_type = ProtocolText)]
    protocol: Protocol,
    /// The contract that holds the pay.
    #[schema(value_type = PartyText)]
    rail: Party,
    /// The network that pays.
    #[schema(value_type = PartyText)]
    network: Party,
    /// Who is paid.
    payee: PayeeKind,
    /// The vault whose stakers or operators are paid.
    #[schema(value_type = Option<PartyText>, required = true)]
    vault: Option<Party>,
    /// In what.
    token: AssetInfo,
    /// How it is shared out.
    distribution: DistributionKind,
    /// The fee, or the part of operators, of the next distribution, as a fraction.
    #[schema(required = true)]
    part: Option<FractionInfo>,
    /// The Merkle root in force.
    #[schema(value_type = Option<HashText>, required = true)]
    root: Option<B256>,
    /// All distributions so far.
    total: PaidInfo,
    /// Sums over the last 7, 30 and 90 days.
    windows: Vec<WindowInfo>,
    /// Time of the first distribution.
    #[schema(value_type = Option<Time>, required = true)]
    first_at: Option<Timestamp>,
    /// Time of the last one.
    #[schema(value_type = Option<Time>, required = true)]
    last_at: Option<Timestamp>,
    /// Whether the logs account for everything that the contract holds and paid.
    is_complete: bool,
}

/// Who is paid.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) enum PayeeKind {
    /// The stakers of a vault.
    Stakers,
    /// Operators of the network.
    Operators,
    /// The operators of a vault in the network.
    VaultOperators,
    /// Whoever a Merkle tree names.
    Rewardees,
}

impl From<&Payee> for PayeeKind {
    fn from(from: &Payee) -> Self {
        match from {
            Payee::Stakers { .. } => Self::Stakers,
            Payee::Operators => Self::Operators,
            Payee::VaultOperators { .. } => Self::VaultOperators,
            Payee::Rewardees => Self::Rewardees,
        }
    }
}

/// How pay is shared out.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) enum DistributionKind {
    /// By active shares.
    ActiveShares,
    /// By a Merkle root of cumulative amounts.
    MerkleRoot,
    /// By operators' shares.
    OperatorShares,
    /// By a Merkle root that the protocol signs too.
    SignedMerkleRoot,
}

/// A fraction.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
pub(crate) struct FractionInfo {
    /// Above the line.
    #[schema(value_type = Amount)]
    numerator: Assets,
    /// Below the line.
    #[schema(value_type = Amount)]
    denominator: Assets,
}

impl From<Fraction> for FractionInfo {
    fn from(from: Fraction) -> Self {
        let digits = |number: u128| Assets(alloy_primitives::U256::from(number));
        Self { numerator: digits(from.numerator), denominator: digits(from.denominator) }
    }
}

/// Sum of distributions.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
pub(crate) struct PaidInfo {
    /// For the payees, after fees.
    #[schema(value_type = Amount)]
    amount: Assets,
    /// Fees.
    #[schema(value_type = Amount)]
    fee: Assets,
    /// Number of distributions.
    count: u64,
}

impl From<Paid> for PaidInfo {
    fn from(Paid { amount, fee, count }: Paid) -> Self {
        Self { amount, fee, count }
    }
}

/// Sum of the distributions of a window that ends at the block.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct WindowInfo {
    /// Its length.
    window_seconds: u64,
    /// What was paid in it.
    paid: PaidInfo,
}

impl PaymentInfo {
    pub(crate) fn new(view: &SecurityView, from: &Payment) -> Self {
        let (distribution, part, root) = match from.distribution {
            Distribution::ActiveShares { fee } => (DistributionKind::ActiveShares, Some(fee), None),
            Distribution::MerkleRoot { root, .. } => (DistributionKind::MerkleRoot, None, root),
            Distribution::OperatorShares { part } => {
                (DistributionKind::OperatorShares, Some(part), None)
            }
            Distribution::SignedMerkleRoot { root, .. } => {
                (DistributionKind::SignedMerkleRoot, None, root)
            }
        };
        let windows = from.windows.iter().map(|window| WindowInfo {
            window_seconds: window.window_seconds,
            paid: window.paid.into(),
        });
        Self {
            protocol: from.protocol,
            rail: from.rail.clone(),
            network: from.network.clone(),
            payee: PayeeKind::from(&from.payee),
            vault: Self::vault_of(from).cloned(),
            token: AssetInfo::new(view, from.token),
            distribution,
            part: part.map(FractionInfo::from),
            root,
            total: from.total.into(),
            windows: windows.collect(),
            first_at: from.first_at,
            last_at: from.last_at,
            is_complete: from.is_complete,
        }
    }

    /// The vault that is paid for.
    pub(crate) fn vault_of(payment: &Payment) -> Option<&Party> {
        match &payment.payee {
            Payee::Stakers { vault } | Payee::VaultOperators { vault } => Some(vault),
            Payee::Operators | Payee::Rewardees => None,
        }
    }
}

/// A slash, or a request for one.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SlashInfo {
    /// The vault.
    #[schema(value_type = PartyText)]
    vault: Party,
    /// The network that slashes.
    #[schema(value_type = PartyText)]
    network: Party,
    /// Number of the subnetwork.
    #[schema(value_type = Amount)]
    subnetwork: Assets,
    /// The operator that is slashed.
    #[schema(value_type = PartyText)]
    operator: Party,
    /// Number of the request, where slashes are requested first.
    #[schema(required = true)]
    request: Option<u64>,
    /// What was asked for.
    #[schema(value_type = Amount)]
    asked: Assets,
    /// Stake is measured at this moment.
    #[schema(value_type = Time)]
    captured_at: Timestamp,
    /// What came of it.
    status: SlashState,
    /// When it was decided.
    #[schema(value_type = Option<Time>, required = true)]
    decided_at: Option<Timestamp>,
    /// What the vault gave; `null` when nothing was taken or the history does not tell.
    #[schema(value_type = Option<Amount>, required = true)]
    taken: Option<Assets>,
    /// Until when it can be vetoed or executed, or since when it waits or is over.
    #[schema(value_type = Option<Time>, required = true)]
    turns_at: Option<Timestamp>,
}

/// What came of a slash.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) enum SlashState {
    /// It was carried out.
    Executed,
    /// The resolver stopped it.
    Vetoed,
    /// It was carried out without this vault.
    Skipped,
    /// It is over, and the history does not tell how.
    Closed,
    /// It can be vetoed.
    Vetoable,
    /// It can be executed and not be vetoed.
    Executable,
    /// Anybody can execute it, without an end, and until then it can be vetoed.
    Due,
    /// The time for it has come, and executing it fails.
    Blocked,
    /// The operator has left the network, and until it comes back it cannot be executed.
    Dangling,
    /// Nobody executed it in time.
    Expired,
}

impl From<&SlashRecord> for SlashInfo {
    fn from(from: &SlashRecord) -> Self {
        let (status, taken, turns_at) = match &from.status {
            SlashStatus::Executed { taken, .. } => (SlashState::Executed, *taken, None),
            SlashStatus::Vetoed { .. } => (SlashState::Vetoed, None, None),
            SlashStatus::Skipped { .. } => (SlashState::Skipped, None, None),
            SlashStatus::Closed => (SlashState::Closed, None, None),
            SlashStatus::Vetoable { until } => (SlashState::Vetoable, None, Some(*until)),
            SlashStatus::Executable { until } => (SlashState::Executable, None, Some(*until)),
            SlashStatus::Due { since } => (SlashState::Due, None, Some(*since)),
            SlashStatus::Blocked { since, .. } => (SlashState::Blocked, None, Some(*since)),
            SlashStatus::Dangling { since } => (SlashState::Dangling, None, Some(*since)),
            SlashStatus::Expired { since } => (SlashState::Expired, None, Some(*since)),
        };
        Self {
            vault: from.vault.clone(),
            network: from.network.clone(),
            subnetwork: from.subnetwork,
            operator: from.operator.clone(),
            request: from.request,
            asked: from.asked,
            captured_at: from.captured_at,
            status,
            decided_at: from.status.decided_at(),
            taken,
            turns_at,
        }
    }
}

/// The three lists of everything that concerns one vault or network.
pub(crate) fn details(
    scene: &Scene,
    view: &SecurityView,
    concerns: impl Fn(Option<&Party>, &Party) -> bool,
) -> (Vec<CommitmentInfo>, Vec<PaymentInfo>, Vec<SlashInfo>) {
    let commitments = view.commitments.iter();
    let commitments = commitments.filter(|given| concerns(Some(&given.vault), &given.network));
    let payments = view.payments.iter();
    let payments = payments.filter(|paid| concerns(PaymentInfo::vault_of(paid), &paid.network));
    let slashes = view.slashes.iter();
    let slashes = slashes.filter(|slash| concerns(Some(&slash.vault), &slash.network));
    (
        commitments.map(|given| CommitmentInfo::new(scene, given)).collect(),
        payments.map(|paid| PaymentInfo::new(view, paid)).collect(),
        slashes.map(SlashInfo::from).collect(),
    )
}
