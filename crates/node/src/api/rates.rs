//! What pay yields by the year: the rates of the report, for every rail by one formula.

use super::answer::Scene;
use super::market::{AssetInfo, PayeeKind, PaymentInfo};
use super::schema::{Amount, DecimalText, PartyText};
use bondstone_kernel::Assets;
use bondstone_kernel::security::{Party, Payment, SecurityView};
use serde::Serialize;
use utoipa::ToSchema;

/// What a stream of pay yields by the year to the stake that earns it: `paid * year / window /
/// stake`, after all fees, with a year of 365 days. The window ends at the block and is never
/// shortened; the stake is that of the block.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RateInfo {
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
    /// The window.
    window_seconds: u64,
    /// What its distributions paid after fees.
    #[schema(value_type = Amount)]
    paid: Assets,
    /// The stake that earns it: of the vault's stakers, or what stands for the network. Nothing
    /// where a Merkle tree pays anybody, because no log says what for.
    stake: Vec<EarningInfo>,
    /// Tokens by the year for each whole token of stake, to six places, rounded down; `null` when
    /// the stake is of several assets or there is none.
    #[schema(value_type = Option<DecimalText>, required = true)]
    tokens_per_token: Option<String>,
    /// The same by prices of the chain's economy, in percent, to two places, rounded down.
    #[schema(value_type = Option<DecimalText>, required = true)]
    percent: Option<String>,
    /// Why there are no percent; `null` when there are.
    #[schema(required = true)]
    missing: Option<String>,
}

/// Stake that earns pay.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct EarningInfo {
    /// The asset.
    asset: AssetInfo,
    /// How much.
    #[schema(value_type = Amount)]
    stake: Assets,
}

impl RateInfo {
    /// The rates of the streams that concern somebody.
    pub(crate) fn of(
        scene: &Scene,
        view: &SecurityView,
        window_seconds: u64,
        concerns: impl Fn(&Payment) -> bool,
    ) -> Vec<Self> {
        let streams = view.payments.iter().filter(|payment| concerns(payment));
        streams.map(|payment| Self::new(scene, view, window_seconds, payment)).collect()
    }

    fn new(scene: &Scene, view: &SecurityView, window_seconds: u64, from: &Payment) -> Self {
        let rate = view.yield_of(from, window_seconds, scene.prices());
        let stake = view.earning_stake(from).into_iter();
        let stake =
            stake.map(|(asset, stake)| EarningInfo { asset: AssetInfo::new(view, asset), stake });
        let (percent, missing) = match rate.percent {
            Ok(percent) => (Some(percent.to_string()), None),
            Err(reason) => (None, Some(reason.to_string())),
        };
        Self {
            rail: from.rail.clone(),
            network: from.network.clone(),
            payee: PayeeKind::from(&from.payee),
            vault: PaymentInfo::vault_of(from).cloned(),
            token: AssetInfo::new(view, from.token),
            window_seconds,
            paid: from.paid_in(window_seconds).unwrap_or_default().amount,
            stake: stake.collect(),
            tokens_per_token: rate.tokens_per_token.map(|number| number.to_string()),
            percent,
            missing,
        }
    }
}
