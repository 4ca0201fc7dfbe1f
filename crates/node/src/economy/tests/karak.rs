//! What a file makes happen on Karak, and how it says what is wrong there.

use super::{EVERYTHING, check, live};
use crate::accounts::DevAccounts;
use crate::economy::{EconomyFile, LabelKind, bare_genesis};
use crate::protocols::{FREE_SERVICES, Protocols, free_services};
use alloy_primitives::{Address, U256, address};
use alloy_sol_types::SolCall;
use bondstone_karak::Kind;
use bondstone_karak::abi::core::Core;
use bondstone_karak::abi::dss::BaseDss;
use bondstone_karak::abi::vault::Vault;
use bondstone_karak::rules::core::NATIVE_ASSET;
use bondstone_kernel::erc20::Erc20;
use bondstone_world::{Transaction, World};

#[test]
fn karak_happens_as_it_is_written() {
    let lived = live(EVERYTHING).expect("it is in order");
    let wrap = lived.economy.tokens.get("WRAP").expect("it is in the file");
    let vault = |name: &str| lived.economy.karak_vault(name).expect("it is in the file").vault;
    let service = |name: &str| lived.economy.service(name).expect("it is in the file").address;
    let (north, south, oracle) = (lived.who("north"), lived.who("south"), service("oracle"));
    let (slashed, coins) = (vault("north wrap"), vault("north coin"));
    // Of 20, a tenth is slashed and lies at the zero address, and a quarter of the rest is paid.
    let burned = Erc20::balanceOfCall { account: Address::ZERO };
    assert_eq!(wrap.decimal(lived.read(wrap.address, &burned)), "2");
    assert_eq!(lived.balance("WRAP", "saver 4"), "4.5");
    assert_eq!(wrap.decimal(lived.read(slashed, &Vault::totalAssetsCall {})), "13.5");
    let shares = |name: &str| {
        let call = Erc20::balanceOfCall { account: lived.who(name) };
        wrap.decimal(lived.read(slashed, &call))
    };
    let names = ["saver 4", "saver 5", "treasury"];
    assert_eq!(names.map(shares), ["5", "7", "1"], "two wait to be redeemed, one was given away");
    let staker = lived.who("saver 5");
    let queued = Vault::getQueuedWithdrawalCall { staker, withdrawNonce: U256::ZERO };
    assert_eq!(lived.read(slashed, &queued).beneficiary, lived.who("insurance"));
    assert_eq!(lived.read(slashed, &Erc20::symbolCall {}), "nWRAP");
    assert_eq!(lived.read(coins, &Erc20::symbolCall {}), "kCOIN");

    let core = lived.protocols.karak.address(Kind::Core);
    let staked = Core::fetchVaultsStakedInDSSCall { operator: north, dss: oracle };
    assert_eq!(lived.read(core, &staked), [slashed, coins]);
    let active = |operator| lived.read(oracle, &BaseDss::getActiveVaultsCall { operator });
    assert_eq!(active(north), [slashed]);
    assert_eq!(active(south), [coins], "whoever finalizes is credited");
    let jailed = |operator| lived.read(oracle, &BaseDss::isOperatorJailedCall { operator });
    assert_eq!((jailed(north), jailed(south)), (true, false));
    let is_queued = |vault| lived.read(core, &Core::isVaultQueuedForSlashingCall { vault });
    assert!(is_queued(slashed) && is_queued(coins) && !is_queued(vault("south pay")));
    let club = service("club");
    assert_eq!(club, address!("0x18084fbA666a33d37592fA2633fD49a74DD93a88"));
    let maximum = Core::getDssMaxSlashablePercentageWadCall { dss: club };
    assert_eq!(lived.read(core, &maximum), U256::ONE);
    let member = Core::isOperatorRegisteredToDSSCall { operator: south, dss: club };
    assert!(!lived.read(core, &member));
    let label = |address| lived.economy.label(address).map(|l| (l.name.as_str(), l.kind));
    assert_eq!(label(oracle), Some(("oracle", LabelKind::Dss)));
    assert_eq!(label(coins), Some(("north coin", LabelKind::Vault)));
    assert_eq!(
        label(lived.protocols.karak.veto_committee),
        Some(("veto committee", LabelKind::Resolver))
    );
}

#[test]
fn a_chain_without_economy_has_karak_with_every_asset_and_services_to_take() {
    let accounts = DevAccounts::derive().expect("the mnemonic is valid");
    let protocols = Protocols::mainnet(&accounts).expect("there are ten");
    let tokens = EconomyFile::restaking_2025(&accounts).expect("it is in order").tokens();
    let mut world = World::default();
    bare_genesis(&mut world, &protocols, &tokens, &accounts).expect("it fits");
    let core = protocols.karak.address(Kind::Core);
    assert_eq!(core, address!("0x27e9C40128c77B157130Fc5fAEFcDe26D6194c15"));
    let handler = protocols.karak.address(Kind::SlashingHandler);
    assert_eq!(handler, address!("0xAFe106717E5Af6B81D0F43296317710EDCC22D32"));
    for asset in tokens.all().map(|token| token.address).chain([NATIVE_ASSET]) {
        let call = Core::isAssetAllowlistedCall { asset }.abi_encode();
        let answer = world.read(Address::ZERO, core, &call).expect("a view answers");
        assert_eq!(Core::isAssetAllowlistedCall::abi_decode_returns(&answer), Ok(true));
    }
    let sender = accounts.address(0).expect("there are ten");
    let maximum = U256::from(10).pow(U256::from(18));
    let call = BaseDss::initializeCall { core, maxSlashablePercentageWad: maximum }.abi_encode();
    let (free, all): (Vec<_>, Vec<_>) = free_services()
        .map(|service| {
            let (to, input) = (Some(service), call.clone().into());
            let first = Transaction { from: sender, to, value: U256::ZERO, input };
            let is_free = world.transact(&first).outcome.is_ok();
            (is_free, world.transact(&first).outcome.is_err())
        })
        .unzip();
    assert_eq!((free, all), (vec![true; FREE_SERVICES], vec![true; FREE_SERVICES]));
}

/// What stands in the file, what is put in its place, and what is said about it.
const MISTAKES: &[(&str, &str, &str)] = &[
    (
        "refuses = [\"request-update-stake\"]",
        "refuses = [\"rewards\"]",
        "refuses: unknown variant `rewards`, expected one of `registration`, `unregistration`, \
             `request-update-stake`, `finish-update-stake`",
    ),
    (
        "max_slash = \"20%\" # of oracle",
        "max_slash = \"20\"",
        "max_slash: \"20\" is not a percentage; write it like \"12.5%\"",
    ),
    (
        "max_slash = \"20%\" # of oracle",
        "max_slash = \"100.1%\"",
        "max_slash: \"100.1%\" is more than all there is",
    ),
    (
        "name = \"oracle\"\ncontroller = \"team\"\nmax_slash = \"20%\" # of oracle",
        "name = \"oracle\"\ncontroller = \"team\"\nmax_slash = \"0%\"",
        "dss: initialize(address,uint256) sent by \"team\" failed: ZeroSlashPercentageWad()",
    ),
    (
        "name = \"oracle\"\ncontroller = \"team\"",
        "name = \"oracle\"\ncontroller = \"tame\"",
        "controller: there is no account called \"tame\"",
    ),
    (
        "address = \"0x18084fbA666a33d37592fA2633fD49a74DD93a88\"",
        "address = \"0xae78736Cd615f374D3085123A210448E74Fc6393\"",
        "address: the name \"0xae78736Cd615f374D3085123A210448E74Fc6393\" is taken",
    ),
    (
        "zero_address = \"holds\"",
        "zero_address = \"burns\"",
        "zero_address: unknown variant `burns`, expected `refuses` or `holds`",
    ),
    (
        "    { vault = \"north coin\", dss = \"oracle\" },\n]",
        "    { vault = \"north coin\", dss = \"oracles\" },\n]",
        "dss: there is no DSS called \"oracles\"",
    ),
    (
        "    { vault = \"north coin\", dss = \"oracle\" },\n]",
        "    { vault = \"south pay\", dss = \"club\" },\n]",
        "request_stake: requestUpdateVaultStakeInDSS((address,address,bool)) sent by \"south\" \
             failed: DSSHookCallReverted(\
             0x22db41e4baabdffe000000000000000000000000000000000000000000000000)",
    ),
    (
        "    { vault = \"north wrap\" },",
        "    { vault = \"south pay\" },",
        "vault: it makes no sense here: nobody has requested a stake update of this vault before",
    ),
    (
        "start_redeem = { vault = \"north wrap\", by = \"saver\", members = \"4\"",
        "start_redeem = { vault = \"first\", by = \"saver\", members = \"4\"",
        "vault: it makes no sense here: this is a vault of Symbiotic, and one of Karak is needed",
    ),
    (
        "start_redeem = { vault = \"north wrap\", by = \"saver\", members = \"4\", shares = \"50%\"",
        "start_redeem = { vault = \"north wrap\", by = \"saver\", members = \"4\", shares = 11",
        "start_redeem: startRedeem(uint256,address) sent by \"saver 4\" failed: InsufficientBalance()",
    ),
    (
        "    { vault = \"third\", by = \"Carol\", amount = 1 },",
        "    { vault = \"north wrap\", by = \"Carol\", amount = 1 },",
        "vault: it makes no sense here: this is a vault of Karak, and one of Symbiotic is needed",
    ),
    (
        "{ \"north wrap\" = \"10%\" }",
        "{ \"north wrap\" = \"20.5%\" }",
        "request_slashing: execute(address,bytes) sent by \"team\" failed: \
             MaxSlashPercentageWadBreached()",
    ),
    (
        "{ \"north wrap\" = \"10%\" }",
        "{ \"north warp\" = \"10%\" }",
        "vaults: there is no vault of Karak called \"north warp\"",
    ),
    (
        "at = \"14d 6h\"\nfinalize_slashing",
        "at = \"13d 6h\"\nfinalize_slashing",
        "finalize_slashing: finalizeSlashing((address,uint96,address,address[],uint96[],uint256)) \
             sent by \"agent\" failed: MinSlashingDelayNotPassed()",
    ),
    (
        "veto_slashing = { request = \"doubt\" }",
        "veto_slashing = { request = \"doubtful\" }",
        "request: there is no slashing requested before called \"doubtful\"",
    ),
    (
        "request_slashing = { name = \"doubt\"",
        "request_slashing = { name = \"fraud\"",
        "name: the name \"fraud\" is taken",
    ),
    (
        "finish_redeem = { vault = \"north wrap\", by = \"saver\", members = \"4-5\" }",
        "finish_redeem = { vault = \"north wrap\", by = \"saver\", members = \"1\" }",
        "finish_redeem: nobody here has anything to claim",
    ),
];

#[test]
fn mistakes_are_named_with_line_and_key() {
    check(MISTAKES);
}
