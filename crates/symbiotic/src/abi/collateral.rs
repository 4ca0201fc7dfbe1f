//! Default collateral and its factory, and what it calls to be permitted to pull.

use alloy_sol_types::sol;

sol! {
    /// `DefaultCollateral`, without what it inherits from `ERC20`.
    #[derive(Debug, PartialEq)]
    interface DefaultCollateral {
        event Deposit(address indexed depositor, address indexed recipient, uint256 amount);
        event Withdraw(address indexed withdrawer, address indexed recipient, uint256 amount);
        event IncreaseLimit(uint256 amount);
        event SetLimitIncreaser(address indexed limitIncreaser);
        event IssueDebt(address indexed issuer, address indexed recipient, uint256 debtIssued);
        event RepayDebt(address indexed issuer, address indexed recipient, uint256 debtRepaid);

        error ExceedsLimit();
        error InsufficientDeposit();
        error InsufficientIssueDebt();
        error InsufficientWithdraw();
        error NotLimitIncreaser();

        function initialize(address asset, uint256 initialLimit, address limitIncreaser)
            external;
        function deposit(address recipient, uint256 amount) external returns (uint256);
        function deposit(
            address recipient, uint256 amount, uint256 deadline, uint8 v, bytes32 r, bytes32 s
        ) external returns (uint256);
        function withdraw(address recipient, uint256 amount) external;
        function issueDebt(address recipient, uint256 amount) external;
        function increaseLimit(uint256 amount) external;
        function setLimitIncreaser(address limitIncreaser) external;

        function asset() external view returns (address);
        function limit() external view returns (uint256);
        function limitIncreaser() external view returns (address);
        function totalDebt() external view returns (uint256);
        function issuerDebt(address issuer) external view returns (uint256);
        function recipientDebt(address recipient) external view returns (uint256);
        function debt(address issuer, address recipient) external view returns (uint256);
        function totalRepaidDebt() external view returns (uint256);
        function issuerRepaidDebt(address issuer) external view returns (uint256);
        function recipientRepaidDebt(address recipient) external view returns (uint256);
        function repaidDebt(address issuer, address recipient) external view returns (uint256);
    }

    /// `DefaultCollateralFactory`, without what it inherits from `Registry`.
    #[derive(Debug, PartialEq)]
    interface DefaultCollateralFactory {
        function create(address asset, uint256 initialLimit, address limitIncreaser)
            external returns (address);
    }

    /// EIP-2612 with the domain separator by which it is recognised.
    interface Permit {
        function DOMAIN_SEPARATOR() external view returns (bytes32);
        function nonces(address owner) external view returns (uint256);
        function permit(
            address owner, address spender, uint256 value, uint256 deadline,
            uint8 v, bytes32 r, bytes32 s
        ) external;
    }

    /// The permit of DAI.
    interface DaiPermit {
        function permit(
            address holder, address spender, uint256 nonce, uint256 expiry, bool allowed,
            uint8 v, bytes32 r, bytes32 s
        ) external;
    }

    /// Uniswap's Permit2, as far as `Permit2Lib` calls it.
    interface Permit2 {
        struct PermitDetails {
            address token;
            uint160 amount;
            uint48 expiration;
            uint48 nonce;
        }
        struct PermitSingle {
            PermitDetails details;
            address spender;
            uint256 sigDeadline;
        }

        /// `SafeCast160.toUint160`.
        error UnsafeCast();

        function allowance(address user, address token, address spender)
            external view returns (uint160 amount, uint48 expiration, uint48 nonce);
        function permit(address owner, PermitSingle permitSingle, bytes signature) external;
        function transferFrom(address from, address to, uint160 amount, address token) external;
    }
}

pub use DefaultCollateral::{
    DefaultCollateralCalls, Deposit, IncreaseLimit, IssueDebt, RepayDebt, SetLimitIncreaser,
    Withdraw,
};
pub use DefaultCollateralFactory::DefaultCollateralFactoryCalls;

#[cfg(test)]
mod tests {
    use super::{DefaultCollateral as C, Permit2};
    use alloy_primitives::hex;
    use alloy_sol_types::{SolCall, SolError, SolEvent};

    #[test]
    fn errors_have_the_selectors_of_the_specification() {
        let table = [
            ("ExceedsLimit()", C::ExceedsLimit::SELECTOR, "4f2a1112"),
            ("InsufficientDeposit()", C::InsufficientDeposit::SELECTOR, "0e1eddda"),
            ("InsufficientIssueDebt()", C::InsufficientIssueDebt::SELECTOR, "5858f2b4"),
            ("InsufficientWithdraw()", C::InsufficientWithdraw::SELECTOR, "c0b99cad"),
            ("NotLimitIncreaser()", C::NotLimitIncreaser::SELECTOR, "01c90f3b"),
            ("UnsafeCast()", Permit2::UnsafeCast::SELECTOR, "c4bd89a9"),
        ];
        for (name, selector, expected) in table {
            assert_eq!(hex::encode(selector), expected, "{name}");
        }
    }

    #[test]
    fn functions_have_the_selectors_of_the_specification() {
        let table = [
            ("initialize", C::initializeCall::SELECTOR, "c350a1b5"),
            ("deposit", C::deposit_0Call::SELECTOR, "47e7ef24"),
            ("deposit with permit", C::deposit_1Call::SELECTOR, "c5758489"),
            ("withdraw", C::withdrawCall::SELECTOR, "f3fef3a3"),
            ("issueDebt", C::issueDebtCall::SELECTOR, "7715be0b"),
            ("increaseLimit", C::increaseLimitCall::SELECTOR, "0aa28714"),
            ("setLimitIncreaser", C::setLimitIncreaserCall::SELECTOR, "1f320d77"),
            ("asset", C::assetCall::SELECTOR, "38d52e0f"),
            ("limit", C::limitCall::SELECTOR, "a4d66daf"),
            ("limitIncreaser", C::limitIncreaserCall::SELECTOR, "055bee72"),
            ("totalDebt", C::totalDebtCall::SELECTOR, "fc7b9c18"),
            ("issuerDebt", C::issuerDebtCall::SELECTOR, "9eb2b206"),
            ("recipientDebt", C::recipientDebtCall::SELECTOR, "6468c9e1"),
            ("debt", C::debtCall::SELECTOR, "d449300d"),
            ("totalRepaidDebt", C::totalRepaidDebtCall::SELECTOR, "f2dee622"),
            ("issuerRepaidDebt", C::issuerRepaidDebtCall::SELECTOR, "5f777607"),
            ("recipientRepaidDebt", C::recipientRepaidDebtCall::SELECTOR, "32f84a3b"),
            ("repaidDebt", C::repaidDebtCall::SELECTOR, "880721e3"),
            ("Permit2.allowance", Permit2::allowanceCall::SELECTOR, "927da105"),
            ("Permit2.permit", Permit2::permitCall::SELECTOR, "2b67b570"),
            ("Permit2.transferFrom", Permit2::transferFromCall::SELECTOR, "36c78516"),
        ];
        for (name, selector, expected) in table {
            assert_eq!(hex::encode(selector), expected, "{name}");
        }
    }

    #[test]
    fn events_have_the_topics_of_the_specification() {
        let table = [
            (
                C::Deposit::SIGNATURE_HASH,
                "5548c837ab068cf56a2c2479df0882a4922fd203edb7517321831d95078c5f62",
            ),
            (
                C::IncreaseLimit::SIGNATURE_HASH,
                "7db0c775af0de83157f8daa1aa2e3ded9fc1b9b2c59ce540207c9cc286f46527",
            ),
            (
                C::IssueDebt::SIGNATURE_HASH,
                "94d718798b5bf599360e731fe04c43db32daf30624eb7eef736635b7ce43e924",
            ),
            (
                C::RepayDebt::SIGNATURE_HASH,
                "b92c2305723a5c84fe23da1e9f53750e00b192f70950944b1821f93ce10c8143",
            ),
            (
                C::SetLimitIncreaser::SIGNATURE_HASH,
                "c60dce8ee7742d2c2b79ac9131cecf283fca0f1da763a6f20920cc04ec80e4e5",
            ),
            (
                C::Withdraw::SIGNATURE_HASH,
                "9b1bfa7fa9ee420a16e124f794c35ac9f90472acc99140eb2f6447c714cad8eb",
            ),
        ];
        for (topic, expected) in table {
            assert_eq!(hex::encode(topic), expected);
        }
    }
}
