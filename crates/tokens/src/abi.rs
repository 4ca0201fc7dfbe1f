//! Interfaces and events, written by hand. The ERC-20 interface itself is the kernel's.

use alloy_sol_types::sol;
use bondstone_kernel::erc20::{Approval, Transfer};

sol! {
    /// Internal: a token comes to live at the emitter. `style` and `parameter` are those of
    /// [`crate::Style`]; the real contract keeps them in its code and logs nothing.
    #[derive(Debug, PartialEq)]
    event TokenCreated(
        string name, string symbol, uint8 decimals, uint8 style, uint256 parameter
    );

    /// Internal: what is left of an allowance after `transferFrom`, which logs no `Approval`.
    #[derive(Debug, PartialEq)]
    event AllowanceSpent(address owner, address spender, uint256 allowance);

    /// Internal: Multicall3 comes to live at the emitter.
    #[derive(Debug, PartialEq)]
    event Multicall3Created();
}

bondstone_kernel::events! {
    /// Everything that tokens and Multicall3 log.
    pub enum TokenEvent {
        contracts {
            Transfer(Transfer),
            Approval(Approval),
        }
        internal {
            AllowanceSpent(AllowanceSpent),
            TokenCreated(TokenCreated),
            Multicall3Created(Multicall3Created),
        }
    }
}

sol! {
    /// Functions of Multicall3. Source: mds1/multicall3 `src/Multicall3.sol`.
    #[derive(Debug, PartialEq)]
    interface Multicall3 {
        struct Call {
            address target;
            bytes callData;
        }
        struct Call3 {
            address target;
            bool allowFailure;
            bytes callData;
        }
        struct Call3Value {
            address target;
            bool allowFailure;
            uint256 value;
            bytes callData;
        }
        struct Result {
            bool success;
            bytes returnData;
        }

        function aggregate(Call[] calldata calls)
            external payable returns (uint256 blockNumber, bytes[] memory returnData);
        function tryAggregate(bool requireSuccess, Call[] calldata calls)
            external payable returns (Result[] memory returnData);
        function tryBlockAndAggregate(bool requireSuccess, Call[] calldata calls)
            external payable
            returns (uint256 blockNumber, bytes32 blockHash, Result[] memory returnData);
        function blockAndAggregate(Call[] calldata calls)
            external payable
            returns (uint256 blockNumber, bytes32 blockHash, Result[] memory returnData);
        function aggregate3(Call3[] calldata calls)
            external payable returns (Result[] memory returnData);
        function aggregate3Value(Call3Value[] calldata calls)
            external payable returns (Result[] memory returnData);
        function getBlockHash(uint256 blockNumber) external view returns (bytes32 blockHash);
        function getBlockNumber() external view returns (uint256 blockNumber);
        function getCurrentBlockCoinbase() external view returns (address coinbase);
        function getCurrentBlockDifficulty() external view returns (uint256 difficulty);
        function getCurrentBlockGasLimit() external view returns (uint256 gaslimit);
        function getCurrentBlockTimestamp() external view returns (uint256 timestamp);
        function getEthBalance(address addr) external view returns (uint256 balance);
        function getLastBlockHash() external view returns (bytes32 blockHash);
        function getBasefee() external view returns (uint256 basefee);
        function getChainId() external view returns (uint256 chainid);
    }
}
