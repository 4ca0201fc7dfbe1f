//! Internal events: facts that a contract keeps without logging them. They live in the ledger only,
//! under topics of their own, and are listed with their reasons in `docs/models/karak.md`.

use alloy_sol_types::sol;

sol! {
    /// Events of the ledger itself.
    #[derive(Debug, PartialEq)]
    interface BondstoneKarakLedger {
        /// A contract that the deployment starts with; `kind` is a `Kind` by number.
        event KarakDeployed(uint8 kind);
        /// Core made a proxy; the emitter is the vault.
        event VaultCreated(address implementation);
        /// What a vault's `initialize` stores without a log; the emitter is the vault.
        event VaultConfigured(
            address asset, uint8 decimals, address operator, string name, string symbol,
            bytes extraData, address nodeImplementation
        );
        /// A native vault made a proxy; the emitter is the node.
        event NodeCreated(address vault, address nodeOwner);

        /// A handover of ownership was completed, which uses the request up.
        event HandoverCompleted(address pendingOwner);
        /// What is left of an allowance after `transferFrom`.
        event AllowanceSpent(address owner, address spender, uint256 allowance);
        /// `permit` used up a nonce.
        event PermitUsed(address owner);
        /// The log of a started redeem does not say who is to be paid.
        event BeneficiarySet(bytes32 withdrawKey, address beneficiary);
        /// The log of a restaked validator does not carry the hash of its key.
        event ValidatorKnown(address nodeOwner, bytes32 pubkeyHash, uint40 validatorIndex);

        /// A slashing handler takes a token.
        event SlashableTokenAdded(address token);
        /// The stake viewer was told where a price comes from.
        event OracleSet(address token, uint8 oracleType, uint256 maxStaleness, bytes oracle);

        /// A service of the SDK was initialised; `controller` is who did it.
        event DssInitialized(address core, address controller);
        /// A service of the SDK added or dropped an operator.
        event DssOperatorSet(address operator, bool registered);
        /// A service of the SDK counts a vault as an operator's, or no longer.
        event DssVaultSet(address operator, address vault, bool active);
        /// A hook of a service of the SDK refuses from now on, or no longer.
        event DssRefusalSet(bytes4 hook, bool refuses);
        /// A service of the SDK jailed or freed an operator.
        event DssJailSet(address operator, bool jailed);

        /// The input from the beacon chain: the block root that EIP-4788 answers for a time.
        event BeaconRootSet(uint64 timestamp, bytes32 root);
    }
}

pub use super::core::BondstoneCoreLedger::{OperatorBooked, SlashingBooked, StakeUpdateBooked};
pub use super::native::BondstoneNativeLedger::SnapshotStored;
pub use BondstoneKarakLedger::{
    AllowanceSpent, BeaconRootSet, BeneficiarySet, DssInitialized, DssJailSet, DssOperatorSet,
    DssRefusalSet, DssVaultSet, HandoverCompleted, KarakDeployed, NodeCreated, OracleSet,
    PermitUsed, SlashableTokenAdded, ValidatorKnown, VaultConfigured, VaultCreated,
};
