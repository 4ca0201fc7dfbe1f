//! Default collateral and its factory.

use alloy_sol_types::sol;

sol! {
    /// Events of default collateral, besides those of ERC-20.
    #[derive(Debug, PartialEq)]
    interface CollateralEvents {
        event Deposit(address indexed depositor, address indexed recipient, uint256 amount);
        event Withdraw(address indexed withdrawer, address indexed recipient, uint256 amount);
        event IncreaseLimit(uint256 amount);
        event SetLimitIncreaser(address indexed limitIncreaser);
        event IssueDebt(address indexed issuer, address indexed recipient, uint256 debtIssued);
        event RepayDebt(address indexed issuer, address indexed recipient, uint256 debtRepaid);
    }
}

pub use CollateralEvents::{
    Deposit, IncreaseLimit, IssueDebt, RepayDebt, SetLimitIncreaser, Withdraw,
};
