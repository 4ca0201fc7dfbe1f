//! One entry for claims on both rails: `claimRewards(recipient, token, data)`, where `data` starts
//! with the rail as eight bytes.
//! Source: Symbiotic rewards-v2 `Rewards.claimRewards` and those of the rails.

use super::{CUMULATIVE_MERKLE, VAULT_SNAPSHOT, merkle, snapshot};
use crate::Symbiotic;
use crate::abi::rewards_v2::contract::{CumulativeDistributionLeaf, Rewards as Abi};
use alloy_primitives::{Address, B256, U256};
use alloy_sol_types::{SolType, sol_data};
use bondstone_kernel::host::guarded;
use bondstone_kernel::{Host, Message, Revert, require};

/// `abi.encode(address network, address vault, uint256 lastUnclaimedRewards, uint256
/// firstRewardToClaim, uint256 maxRewards, bytes[] activeSharesOfHints)`.
type SnapshotData = (
    sol_data::Address,
    sol_data::Address,
    sol_data::Uint<256>,
    sol_data::Uint<256>,
    sol_data::Uint<256>,
    sol_data::Array<sol_data::Bytes>,
);

/// Longest proof that a block of 30 million gas could hash.
const PROOF_LEN_MAX: usize = 100_000;

/// Claims on the rail that `data` names.
pub(super) fn claim(
    host: &mut dyn Host<Symbiotic>,
    message: &Message<'_>,
    call: &Abi::claimRewardsCall,
) -> Result<(), Revert> {
    // The contract reads the calldata itself, so bytes behind `data` count.
    let calldata = Calldata(message.input);
    let data = calldata.offset(4usize.saturating_add(64))?.saturating_add(36);
    let rewards_type = calldata.eight(data);
    let rest = || call.data.get(8..).ok_or_else(Revert::empty);
    match rewards_type {
        VAULT_SNAPSHOT => {
            let (network, vault, last, first, max, hints) =
                SnapshotData::abi_decode_params_validate(rest()?).map_err(|_| Revert::empty())?;
            let claim = Abi::claimVaultSnapshotRewardsCall {
                recipient: call.recipient,
                network,
                token: call.token,
                vault,
                lastUnclaimedRewards: last,
                firstRewardToClaim: first,
                rewardsToClaim: max,
                activeSharesHints: hints,
            };
            guarded(host, message.this, |host| snapshot::claim(host, message, &claim))
        }
        CUMULATIVE_MERKLE => {
            rest()?;
            let claim = calldata.merkle(data.saturating_add(8), call)?;
            merkle::claim(host, message, &claim)
        }
        _ => Err(Abi::InvalidRewardType {}.into()),
    }
}

/// Calldata as the machine reads it: nothing but zeros behind its end.
struct Calldata<'a>(&'a [u8]);

impl Calldata<'_> {
    fn word(&self, at: usize) -> B256 {
        let mut word = [0u8; 32];
        let there = self.0.get(at..).unwrap_or_default();
        for (to, from) in word.iter_mut().zip(there) {
            *to = *from;
        }
        B256::from(word)
    }

    fn eight(&self, at: usize) -> u64 {
        let word = self.word(at);
        word.first_chunk::<8>().map_or(0, |head| u64::from_be_bytes(*head))
    }

    /// An offset that the decoder has seen and accepted.
    fn offset(&self, at: usize) -> Result<usize, Revert> {
        usize::try_from(U256::from_be_bytes(self.word(at).0)).map_err(|_| Revert::empty())
    }

    /// The packed words of a Merkle claim: network, root, the four words of the leaf, a word that
    /// is not read, the length of the proof, the proof.
    fn merkle(
        &self,
        at: usize,
        call: &Abi::claimRewardsCall,
    ) -> Result<Abi::claimCumulativeMerkleRewardsCall, Revert> {
        let word = |index: usize| self.word(at.saturating_add(index.saturating_mul(32)));
        let token = word(2);
        let (padding, _) = token.split_at(12);
        require!(padding.iter().all(|byte| *byte == 0), Revert::empty());
        let leaf = CumulativeDistributionLeaf {
            token: Address::from_word(token),
            rewardeeType: U256::from_be_bytes(word(3).0),
            amount: U256::from_be_bytes(word(4).0),
            rewardeeDataHash: word(5),
        };
        require!(leaf.token == call.token, Abi::InvalidToken {});
        let length = U256::from_be_bytes(word(7).0);
        let length = usize::try_from(length).ok().filter(|length| *length <= PROOF_LEN_MAX);
        let length = length.ok_or_else(Revert::empty)?;
        Ok(Abi::claimCumulativeMerkleRewardsCall {
            recipient: call.recipient,
            network: Address::from_word(word(0)),
            leaf,
            proof: self.proof(at.saturating_add(256), length),
            merkleRoot: word(1),
        })
    }

    /// The words of a proof. Of those behind the calldata, which are zero, one stands for all: no
    /// tree has them, so that the proof is as wrong as with all of them.
    fn proof(&self, at: usize, length: usize) -> Vec<B256> {
        let left = self.0.len().saturating_sub(at).div_ceil(32);
        let words = 0..length.min(left.saturating_add(1));
        words.map(|index| self.word(at.saturating_add(index.saturating_mul(32)))).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calldata_ends_in_zeros() {
        let calldata = Calldata(&[1; 40]);
        assert_eq!(calldata.word(0), B256::repeat_byte(1));
        assert_eq!(calldata.word(36)[..5], [1, 1, 1, 1, 0]);
        assert_eq!(calldata.word(usize::MAX), B256::ZERO);
        assert_eq!(calldata.eight(34), 0x0101_0101_0101_0000);
        assert_eq!(calldata.proof(0, 1_000_000).len(), 3);
        assert_eq!(calldata.proof(0, 1).len(), 1);
    }
}
