//! Revert data in words, for the message beside it.

use alloy_dyn_abi::{DynSolType, DynSolValue};
use alloy_primitives::{hex, keccak256};
use bondstone_kernel::Revert;
use std::collections::BTreeMap;
use std::sync::LazyLock;

/// Errors of every contract that lives here, as their selectors are made from.
const SIGNATURES: &[&str] = &[
    "AccessControlBadConfirmation()",
    "AccessControlUnauthorizedAccount(address,bytes32)",
    "AddressEmptyCode(address)",
    "AddressInsufficientBalance(address)",
    "AddressZero()",
    "AllVaultsNotUnstakedFromDSS()",
    "AlreadyBlacklisted()",
    "AlreadyClaimed()",
    "AlreadyInitialized()",
    "AlreadyOptedIn()",
    "AlreadySet()",
    "AlreadyWhitelisted()",
    "ApproveFailed()",
    "AssetNotAllowlisted()",
    "AttemptedPauseWhileUnpausing()",
    "AttemptedSnapshotInSameBlock()",
    "AttemptedUnpauseWhilePausing()",
    "BeaconRootFetchError()",
    "BeaconTimestampIsCurrent()",
    "BeaconTimestampTooOld()",
    "CallerNotCore()",
    "CheckpointUnorderedInsertion()",
    "DSSAlreadyRegistered()",
    "DSSHookCallReverted(bytes32)",
    "DSSNotRegistered()",
    "DelegatorAlreadyInitialized()",
    "DeploymentFailed()",
    "DepositLimitReached()",
    "DepositTokenNotAccepted()",
    "DuplicateNetworkReceiver()",
    "DuplicateOperatorNetworkReceiver()",
    "DuplicateRoleHolder()",
    "DuplicateSlashingVaults()",
    "ERC1167FailedCreateClone()",
    "ERC20InsufficientAllowance(address,uint256,uint256)",
    "ERC20InsufficientBalance(address,uint256,uint256)",
    "ERC20InvalidApprover(address)",
    "ERC20InvalidReceiver(address)",
    "ERC20InvalidSender(address)",
    "ERC20InvalidSpender(address)",
    "EmptyArray()",
    "EnforcedPauseFunction(uint8)",
    "EntityNotExist()",
    "Error(string)",
    "ExceedsLimit()",
    "ExceedsMaxNetworkLimit()",
    "ExpiredSignature()",
    "FailedInnerCall()",
    "FeeTooHigh()",
    "FullMulDivFailed()",
    "HighAdminFee()",
    "InsufficientAdminFee()",
    "InsufficientAllowance()",
    "InsufficientBalance()",
    "InsufficientBurnerGas()",
    "InsufficientClaim()",
    "InsufficientClaimableFees()",
    "InsufficientDeposit()",
    "InsufficientHookGas()",
    "InsufficientIssueDebt()",
    "InsufficientRedemption()",
    "InsufficientReward()",
    "InsufficientSlash()",
    "InsufficientTotalClaimable()",
    "InsufficientTransfer()",
    "InsufficientWithdraw()",
    "InsufficientWithdrawal()",
    "InvalidAccount()",
    "InvalidAdminFee()",
    "InvalidAssetPrice(address,uint80)",
    "InvalidBalanceProof()",
    "InvalidBalanceRootProof()",
    "InvalidBeaconStateProof()",
    "InvalidCaptureEpoch()",
    "InvalidCaptureTimestamp()",
    "InvalidClaimer()",
    "InvalidCollateral()",
    "InvalidDelegator()",
    "InvalidDelegatorType()",
    "InvalidEpoch()",
    "InvalidEpochDuration()",
    "InvalidFourthSegment(string)",
    "InvalidHintsLength()",
    "InvalidImplementation()",
    "InvalidInitialization()",
    "InvalidLastUnclaimedReward()",
    "InvalidLengthEpochs()",
    "InvalidMerkleProof()",
    "InvalidMerkleRoot()",
    "InvalidNetwork()",
    "InvalidOnBehalfOf()",
    "InvalidPermit()",
    "InvalidProof()",
    "InvalidQueuedStakeUpdateInput()",
    "InvalidReceiver()",
    "InvalidReceiverSetEpochsDelay()",
    "InvalidRecipient()",
    "InvalidResolverSetEpochsDelay()",
    "InvalidRewardTimestamp()",
    "InvalidRewardType()",
    "InvalidShortString()",
    "InvalidSignature()",
    "InvalidSlashCount()",
    "InvalidSlasher()",
    "InvalidSlashingCount()",
    "InvalidSlashingParams()",
    "InvalidTimestamp()",
    "InvalidToken()",
    "InvalidType()",
    "InvalidValidatorFieldsLength()",
    "InvalidValidatorFieldsProofInclusion()",
    "InvalidValidatorFieldsProofLength()",
    "InvalidVersion()",
    "InvalidVetoDuration()",
    "LengthsDontMatch()",
    "MathOverflowedMulDiv()",
    "MaxDSSCapacityReached()",
    "MaxSlashPercentageWadBreached()",
    "MaxSlashableVaultsPerRequestBreached()",
    "MaxVaultCapacityReached()",
    "MinSlashingDelayNotPassed()",
    "MinWithdrawDelayNotPassed()",
    "MissingRoleHolders()",
    "MissingRoles()",
    "NetworkAlreadyRegistered()",
    "NewOwnerIsZeroAddress()",
    "NoActiveSnapshot()",
    "NoBalanceUpdateToSnapshot()",
    "NoBurner()",
    "NoCumulativeRewardsToClaim()",
    "NoHandoverRequest()",
    "NoPreviousEpoch()",
    "NoResolver()",
    "NoRewardsToClaim()",
    "NotAuthorized()",
    "NotCurator()",
    "NotDelegator()",
    "NotEnoughGas()",
    "NotEnoughShares()",
    "NotEntity()",
    "NotFactory()",
    "NotFullRestakeDelegator()",
    "NotImplemented()",
    "NotInitialized()",
    "NotInitializing()",
    "NotKnsOwner()",
    "NotLimitIncreaser()",
    "NotNetwork()",
    "NotNetworkMiddleware()",
    "NotNetworkOrMiddleware()",
    "NotNetworkRestakeDelegator()",
    "NotNodeOwner()",
    "NotOperator()",
    "NotOperatorSpecificDelegator()",
    "NotOptedIn()",
    "NotOwner()",
    "NotReady()",
    "NotResolver()",
    "NotRewarder()",
    "NotSlasher()",
    "NotSmartContract()",
    "NotVault()",
    "NotVaultDelegator()",
    "NotWhereEntity()",
    "NotWhitelistedDepositor()",
    "NotWho()",
    "OldVersion()",
    "OperatorAlreadyRegistered()",
    "OperatorAlreadyRegisteredToDSS()",
    "OperatorNotValidatingForDSS()",
    "OperatorStakeUpdateDelayNotPassed()",
    "OptOutCooldown()",
    "OwnableInvalidOwner(address)",
    "OwnableUnauthorizedAccount(address)",
    "Panic(uint256)",
    "PendingIncompleteSnapshot()",
    "PendingStakeUpdateRequest()",
    "PermitExpired()",
    "ProxyDeniedAdminAccess()",
    "RedeemMoreThanMax()",
    "Reentrancy()",
    "ReentrancyGuardReentrantCall()",
    "Refused(bytes4)",
    "ReservedAddress()",
    "RootAlreadySet()",
    "RootNotSet()",
    "SafeCastOverflowedUintDowncast(uint8,uint256)",
    "SafeERC20FailedOperation(address)",
    "SlashPeriodEnded()",
    "SlashRequestCompleted()",
    "SlashRequestNotExist()",
    "SlasherAlreadyInitialized()",
    "SlashingCooldownNotPassed()",
    "SnapshotExpired()",
    "SnapshotNotExpired()",
    "StaleAssetPrice(address,uint256,uint256)",
    "StringTooLong(string)",
    "TooMuchRedeem()",
    "TooMuchWithdraw()",
    "TotalSupplyOverflow()",
    "TransferFailed()",
    "TransferFromFailed()",
    "Unauthorized()",
    "UnexpectedAmtOfDots(uint256)",
    "UnsafeCast()",
    "UnsupportedAsset()",
    "UnsupportedOracleType()",
    "ValidatorAlreadyActive()",
    "ValidatorExiting()",
    "VaultAlreadyStakedInDSS()",
    "VaultCreationFailedAddrMismatch(address,address)",
    "VaultImplNotAllowlisted()",
    "VaultNotAChildVault()",
    "VaultNotStakedInDSS()",
    "VaultNotStakedToDSS()",
    "VetoPeriodEnded()",
    "VetoPeriodNotEnded()",
    "WithdrawMoreThanMax()",
    "WithdrawalCredentialsMismatchWithNode()",
    "WithdrawalNotFound()",
    "ZeroAddress()",
    "ZeroAddressRoleHolder()",
    "ZeroAmount()",
    "ZeroShares()",
    "ZeroSlashPercentageWad()",
];

static BY_SELECTOR: LazyLock<BTreeMap<[u8; 4], &'static str>> =
    LazyLock::new(|| SIGNATURES.iter().filter_map(|text| Some((selector(text)?, *text))).collect());

fn selector(signature: &str) -> Option<[u8; 4]> {
    keccak256(signature).first_chunk().copied()
}

/// What follows "execution reverted": a colon and the error, or nothing for a revert without data.
#[must_use]
pub(crate) fn suffix(revert: &Revert) -> String {
    let data = revert.data();
    if data.is_empty() {
        return String::new();
    }
    format!(
        ": {}",
        words(data).unwrap_or_else(|| format!("custom error {}", hex::encode_prefixed(data)))
    )
}

/// The error by name with its arguments, when it is known and its data fits; the text itself of a
/// `require` with one.
#[must_use]
pub fn words(data: &[u8]) -> Option<String> {
    let (selector, body) = data.split_first_chunk::<4>()?;
    let signature = BY_SELECTOR.get(selector)?;
    let open = signature.find('(')?;
    let (name, types) = signature.split_at(open);
    if types == "()" {
        return Some(format!("{name}()"));
    }
    let arguments = match DynSolType::parse(types).ok()?.abi_decode_params(body).ok()? {
        DynSolValue::Tuple(arguments) => arguments,
        one => vec![one],
    };
    let arguments: Vec<String> = arguments.iter().map(argument).collect();
    match name {
        // `require` with a text: clients expect the text itself.
        "Error" => arguments.into_iter().next(),
        _ => Some(format!("{name}({})", arguments.join(", "))),
    }
}

fn argument(value: &DynSolValue) -> String {
    match value {
        DynSolValue::Address(address) => address.to_string(),
        DynSolValue::Uint(number, _) => number.to_string(),
        DynSolValue::FixedBytes(word, _) => word.to_string(),
        DynSolValue::String(text) => text.clone(),
        other => format!("{other:?}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_signatures_give_the_published_selectors() {
        let published = [
            ("AlreadySet()", "a741a045"),
            ("NotNetworkMiddleware()", "227bf64d"),
            ("TooMuchWithdraw()", "42e4f46e"),
            ("AccessControlUnauthorizedAccount(address,bytes32)", "e2517d3f"),
            ("NoRewardsToClaim()", "73380d99"),
            ("InvalidProof()", "09bde339"),
            ("FullMulDivFailed()", "ae47f702"),
        ];
        for (signature, want) in published {
            let got = selector(signature).expect("a hash has four bytes");
            assert_eq!(hex::encode(got), want, "{signature}");
            assert_eq!(BY_SELECTOR.get(&got), Some(&signature));
        }
        assert_eq!(BY_SELECTOR.len(), SIGNATURES.len(), "two errors share a selector");
    }

    #[test]
    fn reverts_are_put_into_words() {
        assert_eq!(suffix(&Revert::empty()), "");
        assert_eq!(suffix(&Revert::reason("no such thing")), ": no such thing");
        assert_eq!(suffix(&Revert::overflow()), ": Panic(17)");
        let unknown = Revert::raw(vec![1, 2, 3, 4, 5].into());
        assert_eq!(suffix(&unknown), ": custom error 0x0102030405");
        let short = Revert::raw(hex!("e2517d3f00").to_vec().into());
        assert_eq!(suffix(&short), ": custom error 0xe2517d3f00");
    }
}
