//! Who may talk to the node out of a browser: origins of pages, and names of the node.
//!
//! Any page that a user opens can send requests to their own machine. CORS keeps it from reading
//! answers and from sending JSON; WebSockets know no CORS, so their origin is checked here. A page
//! that gives its own name the address 127.0.0.1 (DNS rebinding) has the right origin for a
//! browser, and is known by the `Host` header alone.

use hyper::header::HeaderValue;
use serde::{Deserialize, Serialize};
use std::fmt::{self, Display};
use std::net::{IpAddr, Ipv6Addr};
use std::str::FromStr;
use thiserror::Error;

/// An origin that may use the node from a browser.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Origin {
    /// Every origin, written `*`.
    Any,
    /// This one: scheme, host and port as a browser sends them, or `null`.
    Exact(String),
}

/// A text that is no origin.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("`{0}` is not an origin: write *, null, or scheme://host[:port] without a path")]
pub struct BadOrigin(String);

impl FromStr for Origin {
    type Err = BadOrigin;

    fn from_str(text: &str) -> Result<Self, BadOrigin> {
        if text == "*" {
            return Ok(Self::Any);
        }
        // Browsers send scheme and host in lower case.
        let text = text.to_ascii_lowercase();
        let (scheme, host) = text.split_once("://").unwrap_or(("", ""));
        let scheme_fits = !scheme.is_empty()
            && scheme.chars().all(|c| c.is_ascii_alphanumeric() || "+-.".contains(c));
        if text == "null" || (scheme_fits && is_authority(host)) {
            return Ok(Self::Exact(text));
        }
        Err(BadOrigin(text))
    }
}

impl TryFrom<String> for Origin {
    type Error = BadOrigin;

    fn try_from(text: String) -> Result<Self, BadOrigin> {
        text.parse()
    }
}

impl From<Origin> for String {
    fn from(origin: Origin) -> Self {
        origin.to_string()
    }
}

impl Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Any => "*",
            Self::Exact(text) => text,
        })
    }
}

/// The origins that may use the node from a browser; none stands for every page of this machine.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Origins(pub Vec<Origin>);

impl Origins {
    /// Whether a page of this origin may use the node.
    #[must_use]
    pub fn allow(&self, origin: &HeaderValue) -> bool {
        let Ok(origin) = origin.to_str() else { return false };
        if self.0.is_empty() {
            let (scheme, host) = origin.split_once("://").unwrap_or_default();
            return matches!(scheme, "http" | "https") && is_this_machine(host_name(host));
        }
        self.0.iter().any(|allowed| match allowed {
            Origin::Any => true,
            Origin::Exact(text) => text == origin,
        })
    }
}

/// A name under which the node may be reached, without a port.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum HostName {
    /// Every name, written `*`.
    Any,
    /// This one, in lower case.
    Exact(String),
}

/// A text that is no host name.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("`{0}` is not a host name: write *, or a name or an address without scheme and port")]
pub struct BadHostName(String);

impl FromStr for HostName {
    type Err = BadHostName;

    fn from_str(text: &str) -> Result<Self, BadHostName> {
        if text == "*" {
            return Ok(Self::Any);
        }
        let is_name = is_authority(text) && host_name(text) == text;
        if is_name {
            Ok(Self::Exact(text.to_ascii_lowercase()))
        } else {
            Err(BadHostName(text.into()))
        }
    }
}

impl TryFrom<String> for HostName {
    type Error = BadHostName;

    fn try_from(text: String) -> Result<Self, BadHostName> {
        text.parse()
    }
}

impl From<HostName> for String {
    fn from(name: HostName) -> Self {
        name.to_string()
    }
}

impl Display for HostName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Any => "*",
            Self::Exact(text) => text,
        })
    }
}

/// The names under which the node may be reached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostNames {
    checked: bool,
    allowed: Vec<HostName>,
}

impl HostNames {
    /// The rule of a node that listens on `address`. On a loopback address only this machine's
    /// names and `allowed` pass; elsewhere every name does, unless some are given.
    #[must_use]
    pub fn for_address(address: IpAddr, allowed: &[HostName]) -> Self {
        let any = allowed.contains(&HostName::Any);
        let checked = !any && (address.is_loopback() || !allowed.is_empty());
        Self { checked, allowed: allowed.to_vec() }
    }

    /// Whether a request for this authority (`name[:port]`) may be answered. An address may: who
    /// writes an address has not asked a name server.
    #[must_use]
    pub fn allow(&self, authority: &str) -> bool {
        let name = host_name(authority);
        let is_address = || {
            let inside = name.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
            inside
                .map_or_else(|| name.parse::<IpAddr>().is_ok(), |ip| ip.parse::<Ipv6Addr>().is_ok())
        };
        let is_allowed = |allowed: &HostName| match allowed {
            HostName::Any => true,
            HostName::Exact(exact) => exact.eq_ignore_ascii_case(name),
        };
        !self.checked
            || name.eq_ignore_ascii_case("localhost")
            || is_address()
            || self.allowed.iter().any(is_allowed)
    }
}

/// The name in `name[:port]`; brackets of an IPv6 address are kept.
fn host_name(authority: &str) -> &str {
    let end_of_address = authority.find(']').unwrap_or(0);
    let rest = authority.get(end_of_address..).unwrap_or_default();
    let colon = rest.find(':').map_or(authority.len(), |at| end_of_address.saturating_add(at));
    authority.get(..colon).unwrap_or(authority)
}

fn is_this_machine(name: &str) -> bool {
    let inside = name.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    let address = inside.unwrap_or(name).parse::<IpAddr>();
    name == "localhost" || address.is_ok_and(|address| address.is_loopback())
}

/// Whether a text looks like `name[:port]`.
fn is_authority(text: &str) -> bool {
    let part = |c: char| c.is_ascii_alphanumeric() || "-._:[]".contains(c);
    let port = text.strip_prefix(host_name(text)).unwrap_or_default();
    let port_fits = port.is_empty() || port.get(1..).is_some_and(|p| p.parse::<u16>().is_ok());
    !host_name(text).is_empty() && text.chars().all(part) && port_fits
}

#[cfg(test)]
mod tests {
    use super::*;

    fn origins(texts: &[&str]) -> Origins {
        Origins(texts.iter().map(|text| text.parse().expect("an origin")).collect())
    }

    fn allows(origins: &Origins, origin: &str) -> bool {
        origins.allow(&HeaderValue::from_str(origin).expect("a header"))
    }

    #[test]
    fn without_a_list_every_page_of_this_machine_may_ask() {
        let default = Origins::default();
        for origin in [
            "http://localhost",
            "http://localhost:5173",
            "https://localhost:3000",
            "http://127.0.0.1:8080",
            "http://[::1]:8080",
        ] {
            assert!(allows(&default, origin), "{origin}");
        }
        for origin in [
            "null",
            "https://example.org",
            "http://localhost.example.org",
            "http://example.org:8545",
            "http://127.0.0.1.example.org",
            "file://localhost",
            "localhost",
            "http://192.168.0.7",
            "",
        ] {
            assert!(!allows(&default, origin), "{origin}");
        }
    }

    #[test]
    fn a_list_names_every_origin_that_may_ask() {
        let list = origins(&["https://App.example.org", "chrome-extension://abcdef", "null"]);
        for origin in ["https://app.example.org", "chrome-extension://abcdef", "null"] {
            assert!(allows(&list, origin), "{origin}");
        }
        for origin in ["http://localhost", "http://app.example.org", "https://app.example.org:1"] {
            assert!(!allows(&list, origin), "{origin}");
        }
        assert!(allows(&origins(&["*"]), "https://anything.example"));
    }

    #[test]
    fn a_text_that_is_no_origin_is_refused() {
        for text in
            ["", "example.org", "https://", "https://a/b", "https://a:99999", "://a", "h t://a"]
        {
            assert!(text.parse::<Origin>().is_err(), "{text}");
        }
    }

    #[test]
    fn on_loopback_a_name_must_be_known() {
        let allowed = ["node.test".parse().expect("a name")];
        let names = HostNames::for_address([127, 0, 0, 1].into(), &allowed);
        for authority in [
            "localhost",
            "LOCALHOST:8545",
            "127.0.0.1:8545",
            "192.168.0.7",
            "[::1]:8545",
            "[::1]",
            "node.test",
            "Node.Test:80",
        ] {
            assert!(names.allow(authority), "{authority}");
        }
        for authority in ["example.org", "localhost.example.org:8545", "evil.node.test", "", "[x]"]
        {
            assert!(!names.allow(authority), "{authority}");
        }
    }

    #[test]
    fn elsewhere_every_name_passes_unless_some_are_given() {
        let open = HostNames::for_address([0, 0, 0, 0].into(), &[]);
        assert!(open.allow("example.org"));
        let allowed = ["node.test".parse().expect("a name")];
        let named = HostNames::for_address([0, 0, 0, 0].into(), &allowed);
        assert!(named.allow("node.test:8545") && !named.allow("example.org"));
        let any = HostNames::for_address([127, 0, 0, 1].into(), &[HostName::Any]);
        assert!(any.allow("example.org"));
    }

    #[test]
    fn a_text_that_is_no_host_name_is_refused() {
        for text in ["", "http://a", "a:80", "a/b", "a b"] {
            assert!(text.parse::<HostName>().is_err(), "{text}");
        }
    }
}
