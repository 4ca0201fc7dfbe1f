//! `meta.toml`: what a store is of. Written whole, with a checksum at its end.

use crate::disk::{Disk, read_file, replace_file};
use crate::error::StoreError;
use crate::layout::{Layout, partial};
use alloy_primitives::B256;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The format that this version reads and writes. It covers all files of a store.
pub const FORMAT_VERSION: u32 = 1;

/// What a store is of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Meta {
    /// Format of all files.
    pub format_version: u32,
    /// EIP-155 chain id.
    pub chain_id: u64,
    /// Hash of the first block, once there is one.
    #[serde(with = "hex", default, skip_serializing_if = "Option::is_none")]
    pub genesis: Option<B256>,
    /// A number that the files of this store share and no other's have.
    pub store_id: u64,
    /// How often the journal was compacted, from 1.
    pub generation: u32,
    /// Texts that the node keeps with the chain, such as its economy's.
    #[serde(default)]
    pub texts: BTreeMap<String, String>,
}

#[derive(Deserialize)]
struct Version {
    format_version: u64,
}

const CHECKSUM: &str = "\n# crc32c ";

impl Meta {
    /// Reads the file; nothing when there is none.
    pub(crate) fn read(disk: &dyn Disk, layout: &Layout) -> Result<Option<Self>, StoreError> {
        let path = layout.meta();
        let damaged = |fault: String| StoreError::MetaDamaged { path: path.clone(), fault };
        let bytes = match read_file(disk, &path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(StoreError::io("read", &path)(error)),
        };
        let text = String::from_utf8(bytes).map_err(|error| damaged(error.to_string()))?;
        let whole = text.rsplit_once(CHECKSUM);
        let intact = whole.is_some_and(|(body, sum)| {
            sum.strip_suffix('\n') == Some(&format!("{:08x}", crc32c::crc32c(body.as_bytes())))
        });
        // Another version may know other checksums; one that fits proves that the version is meant.
        if (intact || whole.is_none())
            && let Ok(Version { format_version }) = toml::from_str(&text)
            && format_version != u64::from(FORMAT_VERSION)
        {
            let (found, supported) = (format_version, FORMAT_VERSION);
            return Err(StoreError::FormatVersion { path: path.clone(), found, supported });
        }
        if !intact {
            return Err(damaged("its checksum does not fit it".to_owned()));
        }
        toml::from_str(&text).map(Some).map_err(|error| damaged(error.to_string()))
    }

    /// Writes the file; the old or the new one is there after a crash.
    pub(crate) fn write(&self, disk: &dyn Disk, layout: &Layout) -> Result<(), StoreError> {
        let path = layout.meta();
        let mut text = toml::to_string(self).map_err(|error| StoreError::MetaDamaged {
            path: path.clone(),
            fault: error.to_string(),
        })?;
        let sum = crc32c::crc32c(text.as_bytes());
        text.push_str(&format!("{CHECKSUM}{sum:08x}\n"));
        replace_file(disk, &path, &partial(&path), text.as_bytes())
            .map_err(StoreError::io("write", &path))
    }
}

/// A hash as hex text.
mod hex {
    use alloy_primitives::B256;
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub(super) fn serialize<S: Serializer>(
        hash: &Option<B256>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        match hash {
            Some(hash) => serializer.collect_str(hash),
            None => serializer.serialize_none(),
        }
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<B256>, D::Error> {
        String::deserialize(deserializer)?.parse().map(Some).map_err(D::Error::custom)
    }
}
