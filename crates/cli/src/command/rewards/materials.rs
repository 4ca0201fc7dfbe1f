//! What a distribution is computed from besides the chain: programme, tables, the one before it.

use super::failure::Failure;
use bondstone_node::distributions::{self, DISTRIBUTION, Folder, PREVIOUS, PROGRAMME};
use bondstone_rewards::programme::{ContributorSource, OperatorMeasure, Shape, Valuation};
use bondstone_rewards::{
    Distribution, History, Inputs, Performance, PointsList, Prices, Programme,
};
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

/// The names of the tables.
const TABLES: [&str; 3] = ["prices.csv", "performance.csv", "points.csv"];

/// What a distribution is computed from.
#[derive(Debug)]
pub(super) struct Materials {
    pub(super) programme: Programme,
    pub(super) previous: Option<Distribution>,
    prices: Option<Prices>,
    performance: Option<Performance>,
    points: Option<PointsList>,
    /// Everything as it was read, by its name in a distribution's folder.
    pub(super) texts: BTreeMap<&'static str, String>,
}

impl Materials {
    /// Reads a programme, the tables beside it, and the distribution before it from its folder.
    pub(super) fn read(path: &Path, previous: Option<&Path>) -> Result<Self, Failure> {
        let beside = path.parent().unwrap_or(Path::new(""));
        let programme = fs::read_to_string(path).map_err(Failure::read(path))?;
        let table = |_: &'static str, file: &str| {
            let path = beside.join(file);
            fs::read_to_string(&path).map_err(Failure::read(&path))
        };
        let previous = match previous {
            Some(folder) => Some(Folder::open(folder)?.text(DISTRIBUTION)?),
            None => None,
        };
        Self::parse(&path.display().to_string(), programme, previous, table)
    }

    /// Reads the materials that a distribution's folder keeps; they are those of its manifest.
    pub(super) fn kept(folder: &Folder) -> Result<Self, Failure> {
        let previous = folder.has(PREVIOUS).then(|| folder.text(PREVIOUS)).transpose()?;
        let name = folder.path().join(PROGRAMME).display().to_string();
        let programme = folder.text(PROGRAMME)?;
        Self::parse(&name, programme, previous, |name, _| Ok(folder.text(name)?))
    }

    fn parse(
        name: &str,
        text: String,
        previous: Option<String>,
        table: impl Fn(&'static str, &str) -> Result<String, Failure>,
    ) -> Result<Self, Failure> {
        let programme = Programme::parse(name, &text)?;
        let mut texts = BTreeMap::new();
        let (mut prices, mut performance, mut points) = (None, None, None);
        for (kept, file) in TABLES.into_iter().zip(tables(&programme)) {
            let Some(file) = file else { continue };
            let text = table(kept, file)?;
            match kept {
                "prices.csv" => prices = Some(Prices::parse(file, &text)?),
                "performance.csv" => performance = Some(Performance::parse(file, &text)?),
                _ => points = Some(PointsList::parse(file, &text)?),
            }
            texts.insert(kept, text);
        }
        let earlier = match &previous {
            Some(text) => Some(distributions::parse(Path::new(PREVIOUS), text)?),
            None => None,
        };
        texts.extend(previous.map(|text| (PREVIOUS, text)));
        texts.insert(PROGRAMME, text);
        Ok(Self { programme, previous: earlier, prices, performance, points, texts })
    }

    /// As the engine takes it.
    pub(super) fn inputs<'a>(&'a self, histories: &'a [&'a History]) -> Inputs<'a> {
        Inputs {
            histories,
            prices: self.prices.as_ref(),
            performance: self.performance.as_ref(),
            points: self.points.as_ref(),
        }
    }
}

/// The tables that a programme names, in the order of [`TABLES`].
fn tables(programme: &Programme) -> [Option<&str>; 3] {
    let prices = match &programme.valuation {
        Valuation::Prices { file, .. } => Some(file.as_str()),
        _ => None,
    };
    let Shape::Budget(terms) = &programme.shape else { return [prices, None, None] };
    let performance = terms.operators.as_ref().and_then(|operators| match &operators.by {
        OperatorMeasure::Performance { file, .. } => Some(file.as_str()),
        _ => None,
    });
    let points = terms.contributors.as_ref().and_then(|terms| match &terms.source {
        ContributorSource::File(file) => Some(file.as_str()),
        ContributorSource::List(_) => None,
    });
    [prices, performance, points]
}
