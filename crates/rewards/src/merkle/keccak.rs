//! Keccak-256 of many messages of equal length at once.

use alloy_primitives::keccak256;
use p3_keccak::Keccak256Hash;
use p3_symmetric::CryptographicHasher;

/// A digest, and a node of a tree.
pub(super) type Node = [u8; 32];

/// Messages that are hashed in one go: enough to fill the widest vector registers several times,
/// and few enough for their bytes to stay in the nearest cache.
pub(super) const BATCH: usize = 64;

/// Hashes messages of equal length that lie end to end, one for each digest.
///
/// Four or eight messages advance together where the processor has AVX2 or AVX-512, which is asked
/// when the program runs; the digests are those of [`hash_each_singly`] everywhere. A single
/// message leaves the other lanes idle, so it goes through the assembly for one.
pub(super) fn hash_each(messages: &[u8], digests: &mut [Node]) {
    if digests.len() > 1 {
        Keccak256Hash.hash_many(messages, digests);
    } else {
        hash_each_singly(messages, digests);
    }
}

/// The same, one message after the other.
fn hash_each_singly(messages: &[u8], digests: &mut [Node]) {
    let Some(length) = messages.len().checked_div(digests.len()) else { return };
    if length == 0 {
        digests.fill(keccak256([]).0);
        return;
    }
    for (message, digest) in messages.chunks_exact(length).zip(digests) {
        *digest = keccak256(message).0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloy_primitives::hex;
    use proptest::prelude::*;

    #[test]
    fn two_messages_get_the_digests_that_are_known() {
        let mut digests = [Node::default(); 2];
        hash_each(b"abcabc", &mut digests);
        let known = hex!("4e03657aea45a94fc7d47ba826c8d667c0d1e6e33a64a036ec44f58fa12d6c45");
        assert_eq!(digests, [known; 2]);
    }

    #[test]
    fn empty_messages_have_the_empty_digest() {
        let mut digests = [Node::default(); 3];
        hash_each(&[], &mut digests);
        assert_eq!(digests, [keccak256([]).0; 3]);
        hash_each(&[], &mut digests[..1]);
        assert_eq!(digests[0], keccak256([]).0);
        hash_each(&[], &mut []);
    }

    proptest! {
        #[test]
        fn many_at_once_hash_as_one_by_one(
            length in 1usize..420,
            count in 0usize..19,
            bytes in prop::collection::vec(any::<u8>(), 420 * 19),
        ) {
            let messages = &bytes[..length * count];
            let mut together = vec![Node::default(); count];
            let mut singly = together.clone();
            hash_each(messages, &mut together);
            hash_each_singly(messages, &mut singly);
            prop_assert_eq!(together, singly);
        }
    }
}
