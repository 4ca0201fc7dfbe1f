//! Pictures of security, made once for each block that is asked for.

use super::problem::Problem;
use crate::chain::Chain;
use crate::kept::Kept;
use crate::labels::Labels;
use crate::rpc::security::security_at;
use alloy_eips::BlockId;
use alloy_primitives::B256;
use bondstone_kernel::security::SecurityView;
use std::sync::Arc;

/// How many pictures are kept: that of the last block, and some of which pages are being read.
const KEPT: usize = 4;

/// The last pictures, by block hash.
#[derive(Debug)]
pub(crate) struct Pictures(Kept<B256, SecurityView>);

impl Default for Pictures {
    fn default() -> Self {
        Self(Kept::new(KEPT))
    }
}

impl Pictures {
    /// The picture at a block. Who asks for one that is being made waits for it.
    pub(crate) fn of(&self, chain: &Chain, block: B256) -> Result<Arc<SecurityView>, Problem> {
        self.0.get(block, || Ok(security_at(chain, &Labels::default(), BlockId::from(block))?.view))
    }
}
