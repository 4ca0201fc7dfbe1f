//! Names of addresses, both ways.

use alloy_primitives::{Address, B256};
use std::collections::BTreeMap;

/// The names that a header gives to contracts and accounts.
#[derive(Clone, Debug, Default)]
pub struct Book {
    addresses: BTreeMap<String, Address>,
    names: BTreeMap<Address, String>,
}

impl Book {
    /// Adds a name. The first name of an address is the one it is called by.
    pub fn add(&mut self, name: &str, address: Address) {
        self.addresses.insert(name.to_owned(), address);
        self.names.entry(address).or_insert_with(|| name.to_owned());
    }

    /// The address behind a name, or behind its hexadecimal form.
    #[must_use]
    pub fn address(&self, name: &str) -> Option<Address> {
        self.addresses.get(name).copied().or_else(|| name.parse().ok())
    }

    /// The name of an address, or its hexadecimal form.
    #[must_use]
    pub fn name(&self, address: Address) -> String {
        self.known(address).map_or_else(|| format!("{address:#x}"), ToOwned::to_owned)
    }

    /// The name of an address that has one.
    #[must_use]
    pub fn known(&self, address: Address) -> Option<&str> {
        self.names.get(&address).map(String::as_str)
    }

    /// Every name and its address.
    pub fn iter(&self) -> impl Iterator<Item = (&str, Address)> {
        self.addresses.iter().map(|(name, address)| (name.as_str(), *address))
    }

    /// `network:identifier` for a subnetwork of a known network, else hexadecimal.
    #[must_use]
    pub fn word(&self, word: B256) -> String {
        let (network, identifier) = word.split_at(20);
        let padded = word.get(..12).is_some_and(|head| head.iter().all(|byte| *byte == 0));
        if padded && let Some(name) = self.known(Address::from_word(word)) {
            return name.to_owned();
        }
        match self.known(Address::from_slice(network)) {
            Some(name) => {
                format!("{name}:{}", alloy_primitives::U256::from_be_slice(identifier))
            }
            None => format!("{word:#x}"),
        }
    }

    /// A JSON argument in words: names for addresses, subnetworks taken apart.
    #[must_use]
    pub fn words(&self, value: &serde_json::Value) -> String {
        match value {
            serde_json::Value::String(text) => self.text(text),
            serde_json::Value::Array(items) => {
                let items: Vec<_> = items.iter().map(|item| self.words(item)).collect();
                format!("[{}]", items.join(", "))
            }
            other => other.to_string(),
        }
    }

    fn text(&self, text: &str) -> String {
        if let Some(name) = text.parse().ok().and_then(|address| self.known(address)) {
            return name.to_owned();
        }
        if text.len() == 66 && text.starts_with("0x") {
            return text.parse().map_or_else(|_| text.to_owned(), |word| self.word(word));
        }
        if text.len() > 140 && text.is_ascii() {
            let (head, tail) = text.split_at(74);
            return format!("{head}…({} bytes)", tail.len().saturating_add(72) / 2);
        }
        text.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_are_told_by_their_names() {
        let mut book = Book::default();
        book.add("net0", Address::repeat_byte(7));
        let mut word = [0u8; 32];
        word[..20].fill(7);
        word[31] = 3;
        let args = serde_json::json!([format!("{}", Address::repeat_byte(7)), B256::from(word)]);
        assert_eq!(book.words(&args), "[net0, net0:3]");
        assert_eq!(book.address("net0"), Some(Address::repeat_byte(7)));
        assert_eq!(book.address("nobody"), None);
    }
}
