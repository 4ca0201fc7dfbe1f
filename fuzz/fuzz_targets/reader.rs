//! Reads the fuzzer's bytes as calls: raw bytes, words after a selector, or typed arguments.

use crate::scene::Scene;
use alloy_dyn_abi::{DynSolType, DynSolValue};
use alloy_primitives::{Address, B256, Bytes, I256, U256};

/// Bytes within calldata may hold calldata; this deep.
const MAX_DEPTH: u8 = 6;

pub struct Reader<'a>(pub &'a [u8]);

impl Reader<'_> {
    pub fn byte(&mut self) -> Option<u8> {
        let (first, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(*first)
    }

    pub fn pick<'b, T>(&mut self, from: &'b [T]) -> Option<&'b T> {
        let low = usize::from(self.byte()?);
        let high = usize::from(self.byte()?);
        from.get((high * 256 + low) % from.len())
    }

    fn raw(&mut self) -> Option<Vec<u8>> {
        let length = usize::from(self.byte()?).min(self.0.len());
        let (taken, rest) = self.0.split_at(length);
        self.0 = rest;
        Some(taken.to_vec())
    }

    /// Calldata of one call. `ready` are calls that earlier ones made possible.
    pub fn calldata(&mut self, scene: &Scene, ready: &[Bytes]) -> Option<Bytes> {
        let shape = self.byte()?;
        let mut out = match shape & 0x0f {
            0 => self.raw()?,
            words @ 1..=4 => {
                let mut out = self.pick(&scene.functions)?.selector.to_vec();
                for _ in 0..words * 2 {
                    self.piece(scene, &mut out)?;
                }
                out
            }
            5 | 6 if !ready.is_empty() => self.pick(ready)?.to_vec(),
            _ => self.typed(scene, 0)?,
        };
        if shape & 0x10 != 0 {
            out.truncate(out.len().saturating_sub(usize::from(shape >> 5)));
        }
        Some(out.into())
    }

    /// A call of a function with arguments of the right types.
    fn typed(&mut self, scene: &Scene, depth: u8) -> Option<Vec<u8>> {
        let function = self.pick(&scene.functions)?;
        let mut out = function.selector.to_vec();
        out.extend(self.value(scene, &function.arguments, depth)?.abi_encode_params());
        Some(out)
    }

    fn piece(&mut self, scene: &Scene, out: &mut Vec<u8>) -> Option<()> {
        match self.byte()? {
            0 => out.extend(self.pick(&scene.functions)?.selector),
            1 => out.resize(out.len().saturating_sub(4).next_multiple_of(32) + 4, 0),
            2 => {
                let blob = self.pick(&scene.blobs)?;
                out.extend(self.value(scene, blob, 0)?.abi_encode_params());
            }
            _ => out.extend(self.word(scene)?),
        }
        Some(())
    }

    fn word(&mut self, scene: &Scene) -> Option<B256> {
        match self.byte()? {
            0..=79 => Some(B256::from(U256::from(self.byte()?))),
            80..=99 => Some(B256::from(U256::from(1) << usize::from(self.byte()?))),
            100..=119 => {
                let now = scene.sandbox.now() - 200;
                Some(B256::from(U256::from(now + 2 * u64::from(self.byte()?))))
            }
            _ => self.pick(&scene.words).copied(),
        }
    }

    fn address(&mut self, scene: &Scene) -> Option<Address> {
        self.pick(&scene.addresses).copied()
    }

    fn value(&mut self, scene: &Scene, ty: &DynSolType, depth: u8) -> Option<DynSolValue> {
        Some(match ty {
            DynSolType::Address => DynSolValue::Address(self.address(scene)?),
            DynSolType::Bool => DynSolValue::Bool(self.byte()? & 1 == 1),
            DynSolType::Uint(bits) => {
                let word = U256::from_be_bytes(self.word(scene)?.0);
                DynSolValue::Uint(word & (U256::MAX >> (256 - bits)), *bits)
            }
            DynSolType::Int(bits) => DynSolValue::Int(I256::ONE, *bits),
            DynSolType::FixedBytes(size) => DynSolValue::FixedBytes(self.word(scene)?, *size),
            DynSolType::Bytes => DynSolValue::Bytes(self.bytes(scene, depth)?),
            DynSolType::String => {
                let text = self.raw()?;
                DynSolValue::String(String::from_utf8_lossy(&text).into_owned())
            }
            DynSolType::Array(of) => {
                let length = self.byte()? % 5;
                let items: Option<_> = (0..length).map(|_| self.value(scene, of, depth)).collect();
                DynSolValue::Array(items?)
            }
            DynSolType::Tuple(of) => {
                let items: Option<_> = of.iter().map(|t| self.value(scene, t, depth)).collect();
                DynSolValue::Tuple(items?)
            }
            other => unreachable!("no function takes {other}"),
        })
    }

    fn bytes(&mut self, scene: &Scene, depth: u8) -> Option<Vec<u8>> {
        let shape = self.byte()?;
        if depth >= MAX_DEPTH {
            return Some(Vec::new());
        }
        match shape & 0x07 {
            0 | 1 => Some(Vec::new()),
            2 | 3 => {
                let blob = self.pick(&scene.blobs)?;
                Some(self.value(scene, blob, depth + 1)?.abi_encode_params())
            }
            4..=6 => self.typed(scene, depth + 1),
            _ => self.raw(),
        }
    }
}
