//! A shelf of distributions, written as `bondstone rewards run` writes it.

use alloy_primitives::{Address, B256, U256, keccak256};
use bondstone_node::distributions::{FORM, MANIFEST, Manifest, PROGRAMME, Root, TOTALS, Tree};
use bondstone_node::stake::Position;
use bondstone_rewards::Window;
use serde_json::json;
use std::fs;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// A folder of distributions.
pub(crate) struct Shelf(TempDir);

/// What the programme of a distribution says.
#[derive(Clone, Copy)]
pub(crate) struct Paying<'a> {
    pub(crate) title: &'a str,
    pub(crate) network: Address,
    pub(crate) token: Address,
}

impl Shelf {
    pub(crate) fn new() -> Self {
        Self(tempfile::tempdir().expect("there is a folder"))
    }

    pub(crate) fn path(&self) -> PathBuf {
        self.0.path().to_path_buf()
    }

    /// Puts a distribution of week `week` there, all at once.
    pub(crate) fn put(&self, name: &str, paying: Paying<'_>, week: u64, tree: &Tree) {
        let draft = self.0.path().join(format!(".{name}.part"));
        fs::create_dir(&draft).expect("it is new");
        let programme = programme(paying);
        let payable = [json!({ "chainId": 31_337, "token": paying.token, "payable": "7" })];
        let totals = json!({ "recipients": 2, "payable": payable }).to_string();
        let text = tree.text().expect("it is JSON");
        let files =
            [(PROGRAMME, programme.as_str()), (TOTALS, &totals), ("tree-31337.json", &text)];
        let from = 1_756_684_800 + week * 604_800;
        let position =
            Position { chain_id: 31_337, number: 2, hash: B256::ZERO, timestamp: from + 604_900 };
        let root = Root { file: files[2].0.into(), format: tree.format(), root: tree.root() };
        let hashes = files.iter().map(|(name, text)| ((*name).to_owned(), keccak256(text)));
        let manifest = Manifest {
            form: FORM,
            program: "bondstone test".into(),
            position,
            window: Window { from, until: from + 604_800 },
            left_out: Vec::new(),
            trees: vec![root],
            files: hashes.collect(),
        };
        let manifest = serde_json::to_string_pretty(&manifest).expect("it is JSON");
        for (name, text) in files.into_iter().chain([(MANIFEST, manifest.as_str())]) {
            write(&draft.join(name), text);
        }
        fs::rename(&draft, self.0.path().join(name)).expect("the name is free");
    }

    /// Changes a file of a distribution behind its manifest's back.
    pub(crate) fn spoil(&self, name: &str, file: &str) {
        write(&self.0.path().join(name).join(file), "{}");
    }
}

fn write(path: &Path, text: &str) {
    fs::write(path, text).expect("it is written");
}

fn programme(Paying { title, network, token }: Paying<'_>) -> String {
    format!(
        "title = \"{title}\"\n\n[payer]\nnetwork = \"{network}\"\nchain_id = 31337\n\n[pay]\n\
         token = \"{token}\"\ndecimals = 18\n\n[[period]]\nfrom = 2025-09-01\n\
         until = 2025-09-29\nbudget = \"1_000\"\ncadence = \"7d\"\n\n[stakers]\nshare = \"100%\"\n"
    )
}

/// A whole number of tokens of 18 decimals.
pub(crate) fn whole(number: u64) -> U256 {
    U256::from(number) * U256::from(10).pow(U256::from(18))
}
