//! What an operator does with Karak's published crates: a vault, a BLS registration to a service, a
//! stake update from request to end; and what a staker does with the vault.

use alloy::contract::Error as CallError;
use alloy::primitives::{Address, Bytes, U256, keccak256};
use alloy::providers::Provider;
use alloy::rpc::types::TransactionReceipt;
use alloy::sol_types::SolEvent;
use alloy::transports::http::{Client, Http};
use bondstone_karak_client::{Node, wait};
use eyre::{OptionExt, Result, ensure};
use karak_rs::contracts::core::contract::Operator::StakeUpdateRequest;
use karak_rs::contracts::core::contract::VaultLib::Config;
use karak_rs::contracts::core::contract::{Core, CoreError};
use karak_rs::contracts::core::library::operator::Operator::OperatorErrors;
use karak_rs::contracts::erc20::interface::IERC20;
use karak_rs::contracts::registry::RestakingRegistry;
use karak_rs::contracts::vault::Vault;
use karak_rs::kms::keypair::bn254::Keypair as BlsKeypair;
use karak_rs::kms::keypair::bn254::bls::registration::{BlsRegistration, OperatorRegistration};
use karak_rs::kms::keypair::traits::Keypair as _;
use signature::SignerMut as _;

const DAY: u64 = 24 * 3600;
/// Developer accounts: operator C, who has nothing on Karak yet, and Alice, who stakes.
const OPERATOR: usize = 8;
const STAKER: usize = 0;

fn ether(whole: u64) -> U256 {
    U256::from(whole) * U256::from(10).pow(U256::from(18))
}

/// The first event of its kind among a transaction's logs.
fn event<E: SolEvent>(receipt: &TransactionReceipt) -> Result<E> {
    ensure!(receipt.status(), "{} reverted", receipt.transaction_hash);
    let logs = receipt.inner.logs().iter();
    let found = logs.filter_map(|log| log.log_decode::<E>().ok()).next();
    Ok(found.ok_or_eyre(E::SIGNATURE)?.inner.data)
}

/// What the crates make of the answer to a call that must fail.
fn refusal<T>(answer: Result<T, CallError>) -> Result<CoreError<CallError>> {
    Ok(CoreError::from(answer.err().ok_or_eyre("it went through")?))
}

/// Deploys a vault, after an implementation that is not on the list was refused.
async fn deploy<P: Provider<Http<Client>>>(
    core: &Core::CoreInstance<Http<Client>, P>,
    asset: Address,
    operator: Address,
) -> Result<Address> {
    let config = Config {
        asset,
        decimals: 18,
        operator,
        name: "Vault of the test".to_owned(),
        symbol: "TEST".to_owned(),
        extraData: Bytes::new(),
    };
    let unknown = core.address().create(0);
    let other =
        core.deployVaults(vec![config.clone()], unknown).from(operator).call().await.map(|_| ());
    let refused = refusal(other)?;
    ensure!(
        matches!(refused, CoreError::Core(Core::CoreErrors::VaultImplNotAllowlisted(_))),
        "{refused:?}"
    );
    let deploy = core.deployVaults(vec![config], Address::ZERO);
    let receipt = deploy.send().await?.get_receipt().await?;
    let vault = event::<Core::DeployedVault>(&receipt)?.vault;
    ensure!(core.getOperatorVaults(operator).call().await?.vaults == [vault]);
    Ok(vault)
}

/// Registers the sender to a service as Karak's command line does, with a BLS key of his own.
async fn register<P: Provider<Http<Client>>>(
    core: &Core::CoreInstance<Http<Client>, P>,
    dss: Address,
) -> Result<()> {
    let mut keys = BlsKeypair::generate();
    let signature = keys.sign(keccak256(b"registration").as_ref());
    let (g1_pubkey, g2_pubkey) = (keys.public_key().g1, keys.public_key().g2);
    let registration = BlsRegistration { g1_pubkey, g2_pubkey, signature };
    core.register_operator_to_dss_with_bls(dss, &registration).await?;
    Ok(())
}

#[tokio::test]
async fn an_operator_deploys_a_vault_registers_and_stakes_it() -> Result<()> {
    let node = Node::start()?;
    let operator = node.signer(OPERATOR)?.address();
    let provider = node.provider(OPERATOR)?;
    let core = Core::new(node.address("KarakCore")?, provider.clone());
    let dss = node.address("price oracle DSS")?;
    assert_eq!(core.VERSION().call().await?._0, "2.0.0");

    let vault = deploy(&core, node.address("WETH (18 decimals)")?, operator).await?;
    let request = StakeUpdateRequest { vault, dss, toStake: true };
    let early =
        core.requestUpdateVaultStakeInDSS(request.clone()).from(operator).call().await.map(|_| ());
    let refused = refusal(early)?;
    ensure!(
        matches!(refused, CoreError::Core(Core::CoreErrors::OperatorNotValidatingForDSS(_))),
        "{refused:?}"
    );
    register(&core, dss).await?;
    assert!(core.isOperatorRegisteredToDSS(operator, dss).call().await?._0);

    let update = core.requestUpdateVaultStakeInDSS(request.clone());
    let receipt = update.send().await?.get_receipt().await?;
    let queued = event::<Core::RequestedStakeUpdate>(&receipt)?.updateRequest;
    assert_eq!((queued.operator, queued.updateRequest.vault), (operator, vault));
    let again = core.requestUpdateVaultStakeInDSS(request).from(operator).call().await.map(|_| ());
    let refused = refusal(again)?;
    ensure!(
        matches!(refused, CoreError::Operator(OperatorErrors::PendingStakeUpdateRequest(_))),
        "{refused:?}"
    );

    wait(&provider, 9 * DAY - 600).await?;
    let finalize = core.finalizeUpdateVaultStakeInDSS(queued.clone());
    let refused = refusal(finalize.send().await.map(|_| ()))?;
    ensure!(
        matches!(
            refused,
            CoreError::Operator(OperatorErrors::OperatorStakeUpdateDelayNotPassed(_))
        ),
        "{refused:?}"
    );
    // Blocks come a second apart at least, so the chain may be ahead of its clock.
    wait(&provider, 900).await?;
    let receipt = finalize.send().await?.get_receipt().await?;
    let finished = event::<Core::FinishedStakeUpdate>(&receipt)?.updateRequest;
    assert_eq!(finished.nonce, queued.nonce);
    assert_eq!(core.fetchVaultsStakedInDSS(operator, dss).call().await?.vaults, [vault]);
    let hundred_percent = U256::from(100) * ether(1);
    assert_eq!(core.getLeverage(vault).call().await?.leverage, hundred_percent);
    Ok(())
}

#[tokio::test]
async fn a_staker_deposits_and_redeems() -> Result<()> {
    let node = Node::start()?;
    let staker = node.signer(STAKER)?.address();
    let provider = node.provider(STAKER)?;
    let vault = Vault::new(node.address("operator A WETH vault")?, provider.clone());
    let asset = IERC20::new(vault.asset().call().await?._0, provider.clone());
    assert_eq!(*asset.address(), node.address("WETH (18 decimals)")?);
    let before = vault.balanceOf(staker).call().await?.result;

    let approve = asset.approve(*vault.address(), ether(3));
    approve.send().await?.get_receipt().await?;
    let receipt = vault.deposit_0(ether(3), staker).send().await?.get_receipt().await?;
    let deposited = event::<Vault::Deposit>(&receipt)?;
    assert_eq!((deposited.assets, deposited.shares), (ether(3), ether(3)));
    assert_eq!(vault.balanceOf(staker).call().await?.result, before + ether(3));

    let approve = vault.approve(*vault.address(), ether(2));
    approve.send().await?.get_receipt().await?;
    let receipt = vault.startRedeem(ether(2), staker).send().await?.get_receipt().await?;
    let key = event::<Vault::StartedRedeem>(&receipt)?.withdrawKey;
    let finish = vault.finishRedeem(key);
    ensure!(finish.send().await.is_err(), "nine days have not passed");
    wait(&provider, 9 * DAY + 900).await?;
    let receipt = finish.send().await?.get_receipt().await?;
    let finished = event::<Vault::FinishedRedeem>(&receipt)?;
    assert_eq!((finished.shares, finished.beneficiary), (ether(2), staker));
    assert_eq!(finished.assetsClaimed, ether(2), "the slash of this vault is still open");
    Ok(())
}

#[tokio::test]
async fn a_name_is_registered_once() -> Result<()> {
    let node = Node::start()?;
    let (operator, staker) = (node.provider(OPERATOR)?, node.provider(STAKER)?);
    let registry = node.address("KarakRestakingRegistry")?;
    let (owner, other) = (node.signer(OPERATOR)?.address(), node.signer(STAKER)?.address());
    let name = "karak.1.local.operator.test".to_owned();
    let own = RestakingRegistry::new(registry, operator);
    let receipt = own.register(name.clone(), owner, owner).send().await?.get_receipt().await?;
    ensure!(receipt.status());
    let theirs = RestakingRegistry::new(registry, staker);
    let register = theirs.register(name, other, other);
    ensure!(register.send().await.is_err(), "the name belongs to the operator");
    Ok(())
}
