//! A bar on standard error, if that is a terminal.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// What a bar shows that counts things one by one.
pub(crate) const COUNT: &str = "{msg} {wide_bar} {human_pos} of {human_len}";
/// What a bar shows that counts bytes.
pub(crate) const BYTES: &str = "{msg} {wide_bar} {bytes} of {total_bytes}, {binary_bytes_per_sec}";

/// A bar that shows what `template` says; its length may be set later.
pub(crate) fn bar(template: &str, length: Option<u64>) -> ProgressBar {
    let bar = ProgressBar::with_draw_target(length, ProgressDrawTarget::stderr_with_hz(10));
    let style = ProgressStyle::with_template(template);
    bar.with_style(style.unwrap_or(ProgressStyle::default_bar()))
}
