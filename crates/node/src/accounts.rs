//! The developer accounts: ten keys that everyone knows, so that a wallet needs no set-up.

use crate::error::Error;
use alloy_consensus::{SignableTransaction, TxEnvelope, TypedTransaction};
use alloy_primitives::{Address, B256, Bytes, Signature, U256, uint};
use alloy_signer::SignerSync;
use alloy_signer_local::{MnemonicBuilder, PrivateKeySigner};

/// The mnemonic that every Ethereum test chain uses; the keys are at `m/44'/60'/0'/0/index`.
pub const MNEMONIC: &str = "test test test test test test test test test test test junk";

/// How many accounts there are.
pub const COUNT: usize = 10;

/// What each account holds at the start: 10,000 ether, in wei.
pub const BALANCE: U256 = uint!(10_000_000_000_000_000_000_000_U256);

/// The developer accounts with their keys.
#[derive(Clone, Debug)]
pub struct DevAccounts {
    signers: Vec<PrivateKeySigner>,
}

impl DevAccounts {
    /// Derives the keys from [`MNEMONIC`].
    ///
    /// # Errors
    /// [`Error::Internal`] when the derivation fails, which a constant mnemonic never does.
    pub fn derive() -> Result<Self, Error> {
        let parent =
            MnemonicBuilder::english().phrase(MNEMONIC).build_parent_key().map_err(underivable)?;
        let signers =
            parent.children().take(COUNT).collect::<Result<Vec<_>, _>>().map_err(underivable)?;
        Ok(Self { signers })
    }

    /// The addresses, in the order of the keys.
    pub fn addresses(&self) -> impl Iterator<Item = Address> + '_ {
        self.signers.iter().map(PrivateKeySigner::address)
    }

    /// Addresses and private keys, in order.
    pub fn keys(&self) -> impl Iterator<Item = (Address, B256)> + '_ {
        self.signers.iter().map(|signer| (signer.address(), signer.to_bytes()))
    }

    /// The address of the account at `index`.
    ///
    /// # Errors
    /// [`Error::Internal`] when there are fewer accounts.
    pub fn address(&self, index: usize) -> Result<Address, Error> {
        let signer = self.signers.get(index);
        signer
            .map(PrivateKeySigner::address)
            .ok_or_else(|| Error::Internal(format!("there is no developer account {index}")))
    }

    /// The key of the account at `index`, if there are so many.
    pub(crate) fn signer(&self, index: usize) -> Option<&PrivateKeySigner> {
        self.signers.get(index)
    }

    /// Signs a transaction with the key of `from`.
    ///
    /// # Errors
    /// [`Error::UnknownAccount`] when `from` is not a developer account.
    pub fn sign(&self, from: Address, tx: TypedTransaction) -> Result<TxEnvelope, Error> {
        let signature = self.signature(from, &tx.signature_hash())?;
        Ok(tx.into_envelope(signature))
    }

    /// Signs a hash with the key of `from`: r, s and v (27 or 28), 65 bytes.
    ///
    /// # Errors
    /// [`Error::UnknownAccount`] when `from` is not a developer account.
    pub fn sign_hash(&self, from: Address, hash: B256) -> Result<Bytes, Error> {
        Ok(self.signature(from, &hash)?.as_bytes().into())
    }

    fn signature(&self, from: Address, hash: &B256) -> Result<Signature, Error> {
        let signer = self.signers.iter().find(|signer| signer.address() == from);
        let signer = signer.ok_or(Error::UnknownAccount(from))?;
        signer.sign_hash_sync(hash).map_err(|error| Error::Internal(error.to_string()))
    }
}

/// The error for a key that cannot be derived from [`MNEMONIC`], which never happens.
pub(crate) fn underivable(error: impl std::fmt::Display) -> Error {
    Error::Internal(format!("no key can be derived: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloy_primitives::{address, b256};

    #[test]
    fn the_accounts_are_the_ones_that_every_test_chain_has() {
        let accounts = DevAccounts::derive().expect("the mnemonic is valid");
        let keys: Vec<_> = accounts.keys().collect();
        assert_eq!(keys.len(), COUNT);
        let first = (
            address!("0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266"),
            b256!("0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80"),
        );
        assert_eq!(keys[0], first);
        assert_eq!(keys[9].0, address!("0xa0Ee7A142d267C1f36714E4a8F75612F20a79720"));
    }
}
