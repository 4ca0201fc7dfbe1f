//! What a request asks for beside its path. A parameter that is wrong, unknown or given twice is an
//! error that names it.

use super::problem::Problem;
use super::schema::WindowText;
use alloy_eips::{BlockId, BlockNumberOrTag};
use alloy_primitives::{Address, B256};
use axum::extract::rejection::PathRejection;
use axum::extract::{FromRequestParts, Path, Query as Pairs};
use axum::http::header::IF_NONE_MATCH;
use axum::http::request::Parts;
use bondstone_kernel::security::WINDOWS_SECONDS;
use std::collections::BTreeMap;
use utoipa::IntoParams;

/// Items of a page when the client does not say.
const DEFAULT_LIMIT: usize = 100;
/// Most items of a page.
pub(crate) const MAX_LIMIT: usize = 1_000;

/// Which block is asked for.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct AtBlock {
    /// The block: a number, a hash, or a tag such as `latest`, which is also what stands for none.
    #[param(value_type = Option<String>, example = "latest")]
    pub(crate) at: Option<BlockId>,
}

/// Over which time pay is looked at.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct RateWindow {
    /// The time before the block whose pay makes the rates: `7d`, `30d` or `90d`, 30 days unless
    /// told.
    #[param(value_type = Option<WindowText>, example = "30d")]
    window: u64,
}

impl RateWindow {
    /// Its length in seconds.
    pub(crate) fn seconds(&self) -> u64 {
        self.window
    }
}

/// Which part of a list is asked for.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Paging {
    /// Most items of the page, 100 unless told.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 1000)]
    pub(crate) limit: usize,
    /// `next` of the page before: the list goes on behind it, at the same block.
    #[param(value_type = Option<String>)]
    pub(crate) cursor: Option<Cursor>,
}

/// Where a list goes on. As text it is opaque: the hash of the block, a dot, and a position.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cursor {
    pub(crate) block: B256,
    pub(crate) position: usize,
}

impl Cursor {
    pub(crate) fn text(self) -> String {
        format!("{}.{}", alloy_primitives::hex::encode(self.block), self.position)
    }

    fn parse(text: &str) -> Option<Self> {
        let (block, position) = text.split_once('.')?;
        let block = (block.len() == 64).then(|| block.parse().ok()).flatten()?;
        let digits = position.bytes().all(|byte| byte.is_ascii_digit());
        Some(Self { block, position: digits.then(|| position.parse().ok()).flatten()? })
    }
}

/// The parameters of a request.
#[derive(Debug)]
pub(crate) struct Query {
    values: BTreeMap<String, String>,
    /// Path and parameters as they came.
    pub(crate) target: String,
    /// The tags of the answers that the client has.
    pub(crate) known_tags: Option<String>,
}

impl<S: Sync> FromRequestParts<S> for Query {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let pairs = Pairs::<Vec<(String, String)>>::try_from_uri(&parts.uri);
        let Pairs(pairs) = pairs.map_err(|error| Problem::parameter("", error.body_text()))?;
        let mut values = BTreeMap::new();
        for (name, value) in pairs {
            if values.insert(name.clone(), value).is_some() {
                let detail = format!("`{name}` is given more than once");
                return Err(Problem::parameter(&name, detail));
            }
        }
        let tags = parts.headers.get_all(IF_NONE_MATCH).iter();
        let tags: Vec<&str> = tags.filter_map(|tag| tag.to_str().ok()).collect();
        let known_tags = (!tags.is_empty()).then(|| tags.join(","));
        Ok(Self { values, target: parts.uri.to_string(), known_tags })
    }
}

impl Query {
    /// Refuses every parameter but these.
    pub(crate) fn only(&self, known: &[&str]) -> Result<(), Problem> {
        let unknown = self.values.keys().find(|name| !known.contains(&name.as_str()));
        let Some(name) = unknown else { return Ok(()) };
        let detail = match known {
            [] => format!("there is no parameter `{name}`, nor any other"),
            known => format!("there is no parameter `{name}`, there is {}", known.join(", ")),
        };
        Err(Problem::parameter(name, detail))
    }

    /// A parameter's text.
    pub(crate) fn value(&self, name: &str) -> Option<&str> {
        self.values.get(name).map(String::as_str)
    }

    /// The block.
    pub(crate) fn at(&self) -> Result<AtBlock, Problem> {
        let Some(text) = self.value("at") else { return Ok(AtBlock { at: None }) };
        let at = block_id(text).ok_or_else(|| {
            let detail = format!("`{text}` is not a number, a hash or a tag of a block");
            Problem::parameter("at", detail)
        })?;
        Ok(AtBlock { at: Some(at) })
    }

    /// The time over which pay is looked at.
    pub(crate) fn window(&self) -> Result<RateWindow, Problem> {
        let [week, month, quarter] = WINDOWS_SECONDS;
        let window = match self.value("window") {
            None | Some("30d") => month,
            Some("7d") => week,
            Some("90d") => quarter,
            Some(text) => {
                let detail = format!("`{text}` is not 7d, 30d or 90d");
                return Err(Problem::parameter("window", detail));
            }
        };
        Ok(RateWindow { window })
    }

    /// The part of the list.
    pub(crate) fn paging(&self) -> Result<Paging, Problem> {
        let limit = self.value("limit").map_or(Ok(DEFAULT_LIMIT), |text| {
            let number = text.parse().ok().filter(|number| (1..=MAX_LIMIT).contains(number));
            number.ok_or_else(|| Problem::limit(text))
        })?;
        let Some(text) = self.value("cursor") else { return Ok(Paging { limit, cursor: None }) };
        let cursor = Cursor::parse(text).ok_or_else(|| {
            let detail = format!("`{text}` is not the `next` of a page");
            Problem::parameter("cursor", detail)
        })?;
        if self.value("at").is_some() {
            let detail = "a cursor goes on at its own block: leave `at` out".to_owned();
            return Err(Problem::parameter("at", detail));
        }
        Ok(Paging { limit, cursor: Some(cursor) })
    }
}

fn block_id(text: &str) -> Option<BlockId> {
    if text.len() == 66 {
        return text.parse::<B256>().ok().map(BlockId::from);
    }
    if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        return text.parse::<u64>().ok().map(BlockId::from);
    }
    text.parse::<BlockNumberOrTag>().ok().map(BlockId::from)
}

/// The address in a path.
pub(crate) fn address(path: Result<Path<String>, PathRejection>) -> Result<Address, Problem> {
    let Path(text) =
        path.map_err(|rejected| Problem::parameter("address", rejected.body_text()))?;
    // Twenty bytes without `0x` would be taken too, and a client that forgets it has a mistake.
    let parsed = text.starts_with("0x").then(|| text.parse().ok()).flatten();
    parsed.ok_or_else(|| {
        let detail = format!("`{text}` is not an address: 0x and forty hex digits");
        Problem::parameter("address", detail)
    })
}
