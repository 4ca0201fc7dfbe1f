//! The engine: what a file makes happen, and how it says what is wrong.

mod karak;

use super::*;
use crate::chain::clock::Clock;
use alloy_eips::BlockId;
use alloy_primitives::address;
use alloy_sol_types::SolCall;
use bondstone_kernel::erc20::Erc20;
use bondstone_rewards::merkle::{OperatorLeaf, OperatorTree};
use bondstone_symbiotic::abi::registry::{MetadataService, OptInService};
use bondstone_symbiotic::abi::rewards::operator::DefaultOperatorRewards;
use bondstone_symbiotic::abi::rewards::staker::DefaultStakerRewards;
use bondstone_symbiotic::abi::slasher::VetoSlasher;
use bondstone_symbiotic::abi::vault::Vault as VaultAbi;
use bondstone_symbiotic::{Kind, abi::delegator::Delegator};

const NOW: u64 = 1_800_000_000;

/// Uses every kind of thing and every key that an event can have.
const EVERYTHING: &str = include_str!("tests/everything.toml");

/// What people are told about all this.
const GUIDE: &str = include_str!("../../../../docs/guides/economy.md");

struct Lived {
    chain: Chain,
    protocols: Protocols,
    accounts: DevAccounts,
    economy: Economy,
}

fn live(text: &str) -> Result<Lived, EconomyError> {
    let accounts = DevAccounts::derive()?;
    let protocols = Protocols::mainnet(&accounts)?;
    let file = EconomyFile::parse("test.toml", text, &accounts)?;
    let clock = Clock::fixed(NOW).behind(file.age_seconds());
    let chain = Chain::new(clock, |world| file.genesis(world, &protocols, &accounts))?;
    let economy = file.play(&chain, &protocols)?;
    Ok(Lived { chain, protocols, accounts, economy })
}

impl Lived {
    fn read<C: SolCall>(&self, to: Address, call: &C) -> C::Return {
        let output = self.chain.pending().read(Address::ZERO, to, &call.abi_encode());
        C::abi_decode_returns(&output.expect("a view answers")).expect("it is what it returns")
    }

    fn vault(&self, name: &str) -> &Vault {
        self.economy.vault(name).expect("it is in the file")
    }

    fn who(&self, name: &str) -> Address {
        self.economy.account(name).expect("it is in the file")
    }

    fn balance(&self, symbol: &str, name: &str) -> String {
        let token = self.economy.tokens.get(symbol).expect("it is in the file");
        let account = self.who(name);
        token.decimal(self.read(token.address, &Erc20::balanceOfCall { account }))
    }

    fn active(&self, vault: &str, name: &str) -> String {
        let (vault, account) = (self.vault(vault), self.who(name));
        let token = self.economy.tokens.get(&vault.collateral).expect("it is in the file");
        let call = VaultAbi::activeBalanceOfCall { account };
        token.decimal(self.read(vault.vault, &call))
    }
}

#[test]
fn the_default_economy_can_be_read() {
    let accounts = DevAccounts::derive().expect("the mnemonic is valid");
    let file = EconomyFile::restaking_2025(&accounts).expect("it is in order");
    assert_eq!(file.age_seconds(), 65 * 86_400);
    let at = |symbol| file.tokens().get(symbol).map(|token| token.address);
    assert_eq!(at("wstETH"), Some(address!("0x7f39C581F595B53c5cb19bD0b3f8dA6c935E2Ca0")));
    assert_eq!(at("USDC"), Some(address!("0xA0b86991c6218b36c1d19D4a2e9Eb0cE3606eB48")));
    assert_eq!(at("HYPER"), Some(address!("0xD602A5a59802AB982cD2d34Fbc9672b89307d715")));
    assert_eq!(at("TANSSI"), Some(address!("0x46C7cad321E2ce56A0173a3fb3829d95afa80fED")));
}

#[test]
fn every_kind_of_event_does_what_it_says() {
    let lived = live(EVERYTHING).expect("it is in order");
    // A group of five from 1 to 5, by k = 37·i mod 5 = 0, 2, 4, 1, 3 of 4, squared and in whole
    // coins: 1, 2, 5, 1, 3. The first took half, the second all, the slash 1/24 of the rest, and
    // the third one coin more.
    let stakers: Vec<String> =
        (1..=5).map(|n| lived.active("first", &format!("saver {n}"))).collect();
    let third = "3.791666666666666666";
    let want = ["0.479166666666666666", "0", third, "0.958333333333333333", "2.875"];
    assert_eq!(stakers, want);
    // A twelfth of 900, of 900, and of 950 after the fee was lowered.
    assert_eq!(lived.balance("PAY", "saver 1"), "229.166666");
    // Two fees of 100, and a gift of 5.
    assert_eq!(lived.balance("PAY", "treasury"), "205");
    assert_eq!(lived.balance("COIN", "insurance"), "0.5");
    let second = lived.vault("second");
    let request = |index: u64| {
        let call = VetoSlasher::slashRequestsCall { slashIndex: U256::from(index) };
        lived.read(second.slasher, &call).completed
    };
    assert_eq!((request(0), request(1), request(2)), (true, true, false));
    let hook = lived.read(lived.vault("first").delegator, &Delegator::hookCall {});
    assert_eq!(hook, Address::ZERO, "it was taken away again");
    let service = lived.protocols.symbiotic.address(Kind::OperatorVaultOptInService);
    let vault = lived.vault("first").vault;
    let opted = OptInService::isOptedInCall { who: lived.who("south"), r#where: vault };
    assert!(!lived.read(service, &opted));
    let service = lived.protocols.symbiotic.address(Kind::OperatorMetadataService);
    let url = MetadataService::metadataURLCall { entity: lived.who("south") };
    assert_eq!(lived.read(service, &url), "https://example.org/south.json");
    assert!(lived.read(second.vault, &VaultAbi::depositWhitelistCall {}));
    assert!(!lived.read(vault, &VaultAbi::isDepositLimitCall {}));
}

#[test]
fn rewards_add_up_and_the_rest_of_a_split_goes_to_the_first() {
    let lived = live(EVERYTHING).expect("it is in order");
    let pay = lived.economy.tokens.get("PAY").expect("it is in the file").address;
    let network = lived.who("net");
    let rewards = lived.economy.rewards("stakers of first").expect("it is in the file").address;
    let length = DefaultStakerRewards::rewardsLengthCall { token: pay, network };
    assert_eq!(lived.read(rewards, &length), U256::from(3), "three times by one event");
    // 100 by 2 : 1, then 50 by stake, all of which stands behind the first.
    let rewards = lived.economy.rewards("operators").expect("it is in the file").address;
    let claimed = |name: &str| {
        let account = lived.who(name);
        let call = DefaultOperatorRewards::claimedCall { network, token: pay, account };
        lived.read(rewards, &call)
    };
    let third = U256::from(100_000_000u64) / U256::from(3);
    assert_eq!(claimed("south"), third);
    let root = DefaultOperatorRewards::rootCall { network, token: pay };
    let first = U256::from(150_000_000u64) - third;
    let leaf = |name, total_claimable| OperatorLeaf { account: lived.who(name), total_claimable };
    let leaves = vec![leaf("north", first), leaf("south", third)];
    let tree = OperatorTree::build(leaves).expect("there are two");
    assert_eq!(lived.read(rewards, &root), tree.root());
}

#[test]
fn everything_that_was_made_has_its_label_again_without_sending_anything() {
    let lived = live(EVERYTHING).expect("it is in order");
    let Lived { chain, protocols, accounts, economy } = &lived;
    let height = chain.height();
    let again = Economy::relabel("test.toml", EVERYTHING, accounts, protocols, chain);
    assert_eq!(again.as_ref(), Ok(economy));
    assert_eq!(chain.height(), height);
    let label = |address| economy.label(address).map(|label| (label.name.as_str(), label.kind));
    let first = lived.vault("first");
    assert_eq!(label(first.vault), Some(("first", LabelKind::Vault)));
    assert_eq!(label(first.delegator), Some(("first delegator", LabelKind::Delegator)));
    assert_eq!(label(first.slasher), Some(("first slasher", LabelKind::Slasher)));
    assert_eq!(label(lived.who("net")), Some(("net", LabelKind::Network)));
    assert_eq!(label(lived.who("saver 2")), Some(("saver 2", LabelKind::Staker)));
    assert_eq!(label(lived.economy.routers[0].address), Some(("router", LabelKind::BurnerRouter)));
    let coin = economy.tokens.get("COIN").expect("it is in the file").address;
    assert_eq!(label(coin), Some(("COIN", LabelKind::Token)));
    assert_eq!(economy.price_usd(coin), Some("1234.5"));
    assert_eq!(label(Address::repeat_byte(9)), None);
    assert_eq!(economy.account("saver 6"), None);
    let other = Economy::relabel("other.toml", DEFAULT_TEXT, accounts, protocols, chain);
    assert!(matches!(other, Err(EconomyError::NotThere { .. })), "{other:?}");
}

#[test]
fn the_same_file_makes_the_same_chain() {
    let (one, two) = (live(EVERYTHING).expect("it is in order"), live(EVERYTHING).expect("too"));
    let head = |lived: &Lived| lived.chain.head();
    assert_eq!(head(&one), head(&two));
}

#[test]
fn events_happen_at_their_times() {
    let lived = live(EVERYTHING).expect("it is in order");
    let start = NOW - 40 * 86_400;
    let time = |number: u64| {
        let block = lived.chain.block(BlockId::number(number));
        block.expect("it is read").expect("it is there").timestamp() - start
    };
    assert_eq!((time(0), time(1), time(2)), (0, 1, 2), "what is there from the start");
    let times: Vec<u64> = (0..=lived.chain.height()).map(time).collect();
    assert!(times.is_sorted_by(|a, b| a < b));
    for day in [1, 2, 9, 16, 39] {
        assert!(times.contains(&(day * 86_400)), "day {day}");
    }
}

#[test]
fn a_chain_is_left_alone_when_the_file_is_wrong_in_its_last_line() {
    let accounts = DevAccounts::derive().expect("the mnemonic is valid");
    let protocols = Protocols::mainnet(&accounts).expect("there are ten");
    let text = format!(
        "{EVERYTHING}\n[[event]]\nat = \"39d 12h\"\nclaim = {{ vault = \"first\", by = \"saver\" }}\n"
    );
    let file = EconomyFile::parse("test.toml", &text, &accounts).expect("it can be read");
    let clock = Clock::fixed(NOW).behind(file.age_seconds());
    let chain = Chain::new(clock, |world| file.genesis(world, &protocols, &accounts));
    let chain = chain.expect("it starts");
    let error = file.play(&chain, &protocols).expect_err("nobody can claim any more");
    let line = text.lines().count();
    assert_eq!(
        error.to_string(),
        format!("test.toml:{line}: claim: nobody here has anything to claim")
    );
    assert_eq!(chain.height(), 0);
}

/// The file with one text for another, which stands in it once; what is said about it.
fn said(from: &str, to: &str) -> String {
    assert_eq!(EVERYTHING.matches(from).count(), 1, "{from}");
    let text = EVERYTHING.replace(from, to);
    let error = live(&text).err().unwrap_or_else(|| panic!("{to} passes"));
    let error = error.to_string();
    // Lines move with the file; what is said must point to the line that was changed.
    let changed = EVERYTHING[..EVERYTHING.find(from).expect("it is there")].matches('\n').count();
    let lines = 1 + changed..=1 + changed + to.matches('\n').count();
    let rest = error.strip_prefix("test.toml:").unwrap_or_else(|| panic!("no file: {error}"));
    let (line, rest) = rest.split_once(": ").unwrap_or_else(|| panic!("no line: {error}"));
    let line: usize = line.parse().unwrap_or_else(|_| panic!("no line: {error}"));
    if lines.contains(&line) { rest.to_owned() } else { format!("not in {lines:?}: {error}") }
}

/// What stands in the file, what is put in its place, and what is said about it.
const MISTAKES: &[(&str, &str, &str)] = &[
    (
        "start = \"40d\"",
        "start = \"5000w\"",
        "start: it makes no sense here: a chain begins at most 20 years before now",
    ),
    (
        "times = 3",
        "times = 10_001",
        "times: it makes no sense here: an event repeats at most 10,000 times",
    ),
    ("start = \"40d\"", "start = \"40x\"", "start: \"40x\" is not a time; write it like \"3d 4h\""),
    (
        "epoch = \"7d\"",
        "epoc = \"7d\"",
        "epoc: unknown field `epoc`, expected one of `name`, `collateral`, `tokenized`, \
             `epoch`, `curator`, `owner`, `burner`, `delegator`, `slasher`, `deposit_limit`, \
             `whitelist`, `roles`",
    ),
    (
        "faucet = 100_000",
        "faucet = 1.5",
        "faucet: invalid type: floating point `1.5`, expected a whole number, or a decimal number in quotes",
    ),
    (
        "faucet = 100_000",
        "faucet = \"0.1234567\"",
        "faucet: \"0.1234567\" has 7 decimals; 6 is the most here",
    ),
    (
        "faucet = 100_000",
        "faucet = \"plenty\"",
        "faucet: \"plenty\" is not an amount; write it like \"1000.5\"",
    ),
    ("decimals = 6", "decimals = 60", "decimals: a token has at most 36 decimals, not 60"),
    ("symbol = \"PAY\"", "symbol = \"COIN\"", "symbol: the name \"COIN\" is taken"),
    ("name = \"south\"", "name = \"north\"", "name: the name \"north\" is taken"),
    ("name = \"south\"", "name = \"none\"", "name: \"none\" cannot be a name here"),
    ("index = 4", "index = 3", "index: developer account 3 is somebody else already"),
    (
        "index = 4",
        "index = 10",
        "index: developer account 10 does not exist; there are ten, counted from 0",
    ),
    ("count = 5", "count = 0", "count: a group has 1 to 10000 members, not 0"),
    (
        "0xae78736Cd615f374D3085123A210448E74Fc6393",
        "0xae78736cd615f374D3085123A210448E74Fc6393",
        "address: \"0xae78736cd615f374D3085123A210448E74Fc6393\" is not an address with a valid checksum",
    ),
    (
        "collateral = \"COIN\" # of first",
        "collateral = \"COIM\"",
        "collateral: there is no token called \"COIM\"",
    ),
    (
        "burner = \"router\"",
        "burner = \"rooter\"",
        "burner: there is no burner router or account called \"rooter\"",
    ),
    (
        "hook = \"network-restake-decrease\"",
        "hook = \"decrease\"",
        "hook: there is no hook called \"decrease\"",
    ),
    (", veto = \"1d\"", "", "slasher: `veto` is missing"),
    (
        "type = \"operator-specific\", operator = \"north\"",
        "type = \"operator-specific\"",
        "delegator: `operator` is missing",
    ),
    (
        "type = \"network-restake\",",
        "type = \"network-restake\", operator = \"north\",",
        "operator: it makes no sense here: this type of delegator is for every operator",
    ),
    (
        "admin_fee = \"10%\"",
        "admin_fee = \"10\"",
        "admin_fee: \"10\" is not a percentage; write it like \"12.5%\"",
    ),
    (
        "pays = \"operators\"",
        "pays = \"operators\"\nvault = \"first\"",
        "pays: it makes no sense here: operator rewards have no `vault` and no `admin_fee`",
    ),
    ("at = \"16d\"", "at = \"8d\"", "at: times run backwards: 1w 1d comes after 2w 1d"),
    (
        "at = \"39d\"",
        "at = \"40d\"",
        "at: 5w 5d after the start lies in the future: the chain starts 5w 5d before now",
    ),
    (
        "times = 3",
        "times = 30",
        "times: 29w 2d after the start lies in the future: the chain starts 5w 5d before now",
    ),
    (
        "times = 3",
        "times = 0",
        "times: an event that repeats needs `every` of more than nothing and `times` of 1 or more",
    ),
    (
        "every = \"7d\"\ntimes = 3",
        "times = 3",
        "times: an event that repeats needs `every` of more than nothing and `times` of 1 or more",
    ),
    (
        "by = \"saver\", from = 1, to = 5",
        "by = \"savers\", from = 1, to = 5",
        "by: there is no account or group of stakers called \"savers\"",
    ),
    (
        "by = \"saver\", from = 1, to = 5",
        "by = \"saver\", from = 5, to = 1",
        "to: it makes no sense here: the range ends before it begins",
    ),
    (
        "by = \"saver\", from = 1, to = 5",
        "by = \"saver\", from = 1",
        "deposit: it makes no sense here: a deposit has an `amount`, or a range with `from` and `to`",
    ),
    ("by = \"saver\", from = 1, to = 5", "by = \"saver\"", "deposit: `amount` is missing"),
    (
        "members = \"1-2\"",
        "members = \"1-6\"",
        "members: \"1-6\" does not name members of a group of 5; write it like \"1-20\"",
    ),
    ("amount = \"50%\"", "amount = \"150%\"", "amount: \"150%\" is more than all there is"),
    (
        "subnetwork = 1, max",
        "subnetwork = 2, max",
        "subnetwork: \"net\" has 2 subnetworks, counted from 0; there is no 2",
    ),
    (
        "shares = { north = 2, south = 1 }",
        "shares = { north = 0, south = 0 }",
        "distribute: shares that add up to nothing cannot be split by",
    ),
    (
        "shares = { north = 2, south = 1 }",
        "shares = { north = 2, south = \"half\" }",
        "shares: \"half\" is not an amount; write it like \"1000.5\"",
    ),
    (
        "shares = { north = 2, south = 1 }",
        "shares = { north = 2, east = 1 }",
        "shares: there is no operator called \"east\"",
    ),
    (
        "request = \"guilty\"",
        "request = \"innocent\"",
        "request: there is no slash request made before called \"innocent\"",
    ),
    (
        "slash = { vault = \"first\"",
        "slash = { vault = \"second\"",
        "vault: it makes no sense here: the vault's slasher waits for vetoes; use `request_slash` and `execute_slash`",
    ),
    (
        "resolver = \"judge\" }\n]",
        "resolver = \"jury\" }\n]",
        "resolver: there is no account called \"jury\"",
    ),
    (
        "slash = { vault = \"first\", network = \"net\"",
        "slash = { vault = \"first\", network = \"other\"",
        "slash: slash(bytes32,address,uint256,uint48,bytes) sent by \"other\" failed: InsufficientSlash()",
    ),
    (
        "by = \"saver\", members = \"2\", amount = 1",
        "by = \"saver\", members = \"2\", amount = 1000",
        "withdraw: withdraw(address,uint256) sent by \"saver 2\" failed: TooMuchWithdraw()",
    ),
];

#[test]
fn mistakes_are_named_with_line_and_key() {
    check(MISTAKES);
}

/// Makes each mistake and compares what is said about it.
fn check(mistakes: &[(&str, &str, &str)]) {
    let wrong: Vec<_> = mistakes
        .iter()
        .map(|(from, to, want)| (*to, said(from, to), *want))
        .filter(|(_, said, want)| said != want)
        .collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn an_event_without_anything_is_a_mistake() {
    let want = "at: nothing happens at this time; name what does, such as `deposit = { … }`";
    assert_eq!(said("at = \"1d\"", "at = \"1d\"\n[[event]]\nat = \"1d\""), want);
}

#[test]
fn what_is_no_toml_is_named_by_its_line() {
    let accounts = DevAccounts::derive().expect("the mnemonic is valid");
    let error = EconomyFile::parse("x.toml", "[chain]\nstart = \n", &accounts);
    let Err(EconomyError::Wrong(wrong)) = error else { panic!("{error:?}") };
    assert_eq!((wrong.file.as_str(), wrong.line), ("x.toml", 2));
    assert!(matches!(wrong.problem, Problem::Malformed(_)), "{wrong}");
    let error = EconomyFile::parse("x.toml", "", &accounts).expect_err("a chain has a start");
    assert_eq!(error.to_string(), "x.toml:1: missing field `chain`");
    let missing = Path::new("there/is/no.toml");
    let error = EconomyFile::read(missing, &accounts).expect_err("there is no such file");
    assert!(error.to_string().starts_with("there/is/no.toml: "), "{error}");
}

#[test]
fn the_example_of_the_guide_works() {
    let (_, example) = GUIDE.split_once("```toml\n").expect("there is one");
    let (example, _) = example.split_once("```").expect("it ends");
    let lived = live(example).expect("it is in order");
    // Sixty members take each k from 0 to 59 once, as 37 and 60 have no common divisor. In tenths.
    let deposited: u64 = (0..60).map(|k| 15 + 385 * k * k / (59 * 59)).sum();
    let vault = lived.vault("first").vault;
    let left = lived.read(vault, &VaultAbi::activeStakeCall {});
    let hundredths = U256::from(10).pow(U256::from(16));
    assert_eq!(left, U256::from(deposited * 10 - 225) * hundredths, "2.25 were slashed");
}

#[test]
fn the_guide_names_every_key() {
    let accounts = DevAccounts::derive().expect("the mnemonic is valid");
    let tables = [
        "[chain]\nxx = 1",
        "[chain]\nstart = \"1d\"\n[[token]]\nxx = 1",
        "[chain]\nstart = \"1d\"\n[[network]]\nxx = 1",
        "[chain]\nstart = \"1d\"\n[[operator]]\nxx = 1",
        "[chain]\nstart = \"1d\"\n[[account]]\nxx = 1",
        "[chain]\nstart = \"1d\"\n[[stakers]]\nxx = 1",
        "[chain]\nstart = \"1d\"\n[[burner_router]]\nxx = 1",
        "[chain]\nstart = \"1d\"\n[[vault]]\nxx = 1",
        "[chain]\nstart = \"1d\"\n[[vault]]\ndelegator = { xx = 1 }",
        "[chain]\nstart = \"1d\"\n[[vault]]\nslasher = { xx = 1 }",
        "[chain]\nstart = \"1d\"\n[[vault]]\nroles = { xx = 1 }",
        "[chain]\nstart = \"1d\"\n[[rewards]]\nxx = 1",
        "[chain]\nstart = \"1d\"\n[[dss]]\nxx = 1",
        "[chain]\nstart = \"1d\"\n[[karak_vault]]\nxx = 1",
        "[chain]\nstart = \"1d\"\n[[karak_vault]]\nshares = { xx = 1 }",
        "[chain]\nstart = \"1d\"\n[[event]]\nxx = 1",
        "[chain]\nstart = \"1d\"\n[[event]]\nregister_to_dss = { xx = 1 }",
        "[chain]\nstart = \"1d\"\n[[event]]\nrequest_stake = { xx = 1 }",
        "[chain]\nstart = \"1d\"\n[[event]]\nfinalize_stake_update = { xx = 1 }",
        "[chain]\nstart = \"1d\"\n[[event]]\nstart_redeem = { xx = 1 }",
        "[chain]\nstart = \"1d\"\n[[event]]\nrequest_slashing = { xx = 1 }",
        "[chain]\nstart = \"1d\"\n[[event]]\nfinalize_slashing = { xx = 1 }",
        "[chain]\nstart = \"1d\"\n[[event]]\njail = { xx = 1 }",
        "[chain]\nstart = \"1d\"\n[[event]]\nrefuse = { xx = 1 }",
        "[chain]\nstart = \"1d\"\n[[event]]\ndeposit = { xx = 1 }",
        "[chain]\nstart = \"1d\"\n[[event]]\ndelegate = { xx = 1 }",
        "[chain]\nstart = \"1d\"\n[[event]]\ndistribute = { xx = 1 }",
        "[chain]\nstart = \"1d\"\n[[event]]\nrequest_slash = { xx = 1 }",
        "xx = 1",
    ];
    for text in tables {
        let error = EconomyFile::parse("x.toml", text, &accounts).expect_err("there is no xx");
        let said = error.to_string();
        let (_, keys) = said.split_once("expected one of ").unwrap_or_else(|| {
            said.split_once("expected ").unwrap_or_else(|| panic!("{text}: {said}"))
        });
        for key in keys.split(", ").flat_map(|pair| pair.split(" or ")) {
            let word = key.trim_matches('`');
            let ways = [key.to_owned(), format!("`[{word}]`"), format!("`[[{word}]]`")];
            // Keys of an inline table stand inside one pair of ticks.
            let inline = [format!("{{ {word}"), format!(", {word}")];
            let mut all = ways.iter().chain(&inline);
            assert!(all.any(|way| GUIDE.contains(way)), "the guide does not say {word}");
        }
    }
}
