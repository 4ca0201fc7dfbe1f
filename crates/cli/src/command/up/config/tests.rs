use super::*;
use crate::command::up::Up;
use crate::command::up::settings::{LogFormat, Seconds};
use bondstone_node::EconomySource;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

/// A file of one test, removed at its end.
struct Scrap(PathBuf);

impl Scrap {
    fn new(text: &str) -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("bondstone-config-{}-{number}.toml", std::process::id());
        let path = std::env::temp_dir().join(name);
        fs::write(&path, text).expect("the temporary folder can be written");
        Self(path)
    }
}

impl Drop for Scrap {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}

fn command_line(arguments: &[&str]) -> Settings {
    let command = Settings::augment_args(Command::new("up").no_binary_name(true));
    let matches = command.try_get_matches_from(arguments).expect("the arguments fit");
    Settings::from_arg_matches(&matches).expect("the arguments fit")
}

fn effective_of(
    arguments: &[&str],
    variables: &[(&str, &str)],
    file: &str,
) -> Result<Settings, ConfigError> {
    let file = Scrap::new(file);
    let variables: BTreeMap<_, _> = variables.iter().copied().collect();
    let environment = |name: &str| variables.get(name).map(OsString::from);
    effective(command_line(arguments), Some(file.0.clone()), environment)
}

fn text_of(result: Result<Settings, ConfigError>) -> String {
    let text = result.expect_err("it is refused").to_string();
    // The folder and the number differ from run to run.
    text.rsplit_once(".toml:").map_or(text.clone(), |(_, rest)| format!("FILE:{rest}"))
}

#[test]
fn every_option_of_the_command_is_a_key_of_the_file_and_no_other() {
    let command = Up::augment_args(Command::new("up"));
    let on_the_command_line: BTreeSet<String> = command
        .get_arguments()
        .map(|argument| argument.get_long().expect("options have long names").to_owned())
        .filter(|name| !["config", "print-config"].contains(&name.as_str()))
        .collect();
    let all = Settings {
        data_dir: Some("kept".into()),
        economy: Some("economy.toml".into()),
        distributions: Some("shelf".into()),
        block_time: Some(Seconds(Duration::from_millis(2_500))),
        ..Settings::defaults()
    };
    let text = to_toml(&all).expect("it can be written");
    let table: toml::Table = text.parse().expect("it is TOML");
    let in_the_file: BTreeSet<String> = table.keys().cloned().collect();
    assert_eq!(in_the_file, on_the_command_line);
    let scrap = Scrap::new(&text);
    assert_eq!(of_file(&scrap.0).expect("it can be fed back"), all);
}

#[test]
fn the_defaults_and_what_was_set_can_be_fed_back() {
    let arguments = ["--port=1", "--cors-origin=https://a.example,null", "--request-timeout=0.25"];
    for arguments in [&[][..], &arguments] {
        let settings = effective_of(arguments, &[], "").expect("it fits");
        let text = to_toml(&settings).expect("it can be written");
        assert_eq!(effective_of(&[], &[], &text).expect("it can be fed back"), settings);
    }
}

#[test]
fn the_command_line_wins_over_the_environment_and_that_over_the_file() {
    let file = "port = 1\nmax-batch = 1\nbare = true\nlog-format = \"json\"\n";
    let variables = [("BONDSTONE_PORT", "2"), ("BONDSTONE_MAX_BATCH", "2")];
    let settings = effective_of(&["--port", "3", "--bare=false"], &variables, file).expect("fits");
    assert_eq!(settings.port, Some(3));
    assert_eq!(settings.max_batch.map(u32::from), Some(2));
    assert_eq!(settings.log_format, Some(LogFormat::Json));
    assert_eq!(settings.bare, Some(false));
    assert_eq!(settings.max_connections, Settings::defaults().max_connections);
    let settings = effective_of(&["--bare"], &[("BONDSTONE_BARE", "false")], "").expect("fits");
    assert_eq!(settings.to_args().economy, EconomySource::Bare);
}

#[test]
fn lists_are_repeated_or_separated_by_commas_and_replaced_as_a_whole() {
    let args = ["--cors-origin", "https://a.example", "--cors-origin", "https://b.example"];
    let file = "cors-origin = [\"*\"]\nallowed-host = [\"node.test\"]";
    let settings = effective_of(&args, &[("BONDSTONE_ALLOWED_HOST", "x.test,y.test")], file);
    let args = settings.expect("it fits").to_args();
    let origins: Vec<String> = args.cors_origins.iter().map(ToString::to_string).collect();
    assert_eq!(origins, ["https://a.example", "https://b.example"]);
    let names: Vec<String> = args.allowed_hosts.iter().map(ToString::to_string).collect();
    assert_eq!(names, ["x.test", "y.test"]);
}

#[test]
fn the_log_listens_to_our_variable_before_the_one_of_every_program() {
    let log = |variables: &[(&str, &str)], file| {
        let settings = effective_of(&[], variables, file).expect("it fits");
        settings.log.map(|filter| filter.as_str().to_owned()).unwrap_or_default()
    };
    let both = [("BONDSTONE_LOG", "debug"), ("RUST_LOG", "trace")];
    assert_eq!(log(&both, "log = \"error\""), "debug");
    assert_eq!(log(&both[1..], "log = \"error\""), "trace");
    assert_eq!(log(&[], "log = \"error\""), "error");
    assert_eq!(log(&[("BONDSTONE_LOG", "")], ""), "warn,bondstone_node=info");
}

#[test]
fn a_folder_and_keeping_nothing_exclude_each_other_within_a_source() {
    let both = text_of(effective_of(&["--ephemeral", "--data-dir", "x"], &[], ""));
    assert_eq!(
        both,
        "the command line: ephemeral and data-dir exclude each other; give one of them"
    );
    let variables = [("BONDSTONE_EPHEMERAL", "true"), ("BONDSTONE_DATA_DIR", "x")];
    assert!(text_of(effective_of(&[], &variables, "")).starts_with("the environment: "));
    assert!(
        text_of(effective_of(&[], &[], "ephemeral = true\ndata-dir = \"x\"")).contains("exclude")
    );
    // A stronger source decides.
    let settings = effective_of(&["--ephemeral"], &[], "data-dir = \"x\"").expect("it fits");
    assert_eq!((settings.ephemeral, settings.data_dir), (Some(true), None));
    let settings = effective_of(&["--data-dir", "x"], &[], "ephemeral = true").expect("it fits");
    assert_eq!(settings.data_dir, Some("x".into()));
}

#[test]
fn a_mistake_in_the_file_is_named_with_line_and_key() {
    let cases = [
        ("port = 1\nprot = 2\n", "FILE:2: prot: unknown field `prot`"),
        ("\n\nport = 99999\n", "FILE:3: port: invalid value: integer `99999`, expected u16"),
        ("port = \"8545\"\n", "FILE:1: port: invalid type: string \"8545\", expected u16"),
        ("bare = 1\n", "FILE:1: bare: invalid type: integer `1`, expected a boolean"),
        ("# a\nmax-batch = 0\n", "FILE:2: max-batch: invalid value: integer `0`"),
        ("request-timeout = 0\n", "FILE:1: request-timeout: 0 is not a number of seconds above 0"),
        (
            "cors-origin = [\n  \"*\",\n  \"a/b\",\n]\n",
            "FILE:1: cors-origin: `a/b` is not an origin",
        ),
        ("host = \"nowhere\"\n", "FILE:1: host: invalid IP address syntax"),
        ("log = \"a=b=c\"\n", "FILE:1: log: `a=b=c` is not a log filter"),
        ("log-format = \"xml\"\n", "FILE:1: log-format: unknown variant `xml`"),
        ("config = \"x\"\n", "FILE:1: config: unknown field `config`"),
        ("port = 1\nport = 2\n", "FILE:2: duplicate key"),
        ("port = 1\nbare true\n", "FILE:2: "),
    ];
    for (file, want) in cases {
        let got = text_of(effective_of(&[], &[], file));
        assert!(got.starts_with(want), "{file:?}: {got}");
    }
}

#[test]
fn a_mistake_in_the_environment_is_named_with_its_variable() {
    for (name, value) in [
        ("BONDSTONE_PORT", "x"),
        ("BONDSTONE_BARE", "maybe"),
        ("BONDSTONE_REQUEST_TIMEOUT", "-1"),
        ("BONDSTONE_LOG_FORMAT", "xml"),
        ("RUST_LOG", "a=b=c"),
    ] {
        let text = text_of(effective_of(&[], &[(name, value)], ""));
        assert!(text.starts_with(&format!("{name}: invalid value '{value}' for ")), "{text}");
    }
}

#[test]
fn a_file_that_is_not_there_is_named() {
    let missing = std::env::temp_dir().join("bondstone-no-such-file.toml");
    let path = missing.clone().into_os_string();
    let environment = |name: &str| (name == "BONDSTONE_CONFIG").then(|| path.clone());
    let error = effective(Settings::default(), None, environment).expect_err("it is not there");
    assert!(error.to_string().starts_with(&missing.display().to_string()), "{error}");
}
