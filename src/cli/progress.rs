//! A progress bar, on a terminal only.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// Cells done of all that are known to be needed.
pub(super) struct Bar(ProgressBar);

impl Bar {
    pub(super) fn new() -> Self {
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
        let style =
            ProgressStyle::with_template("{wide_bar} {pos}/{len} cells, {eta} left").expect("a constant template");
        bar.set_style(style);
        Self(bar)
    }

    pub(super) fn show(&self, done: u64, total: u64) {
        self.0.set_length(total);
        self.0.set_position(done);
    }

    pub(super) fn finish(&self) {
        self.0.finish_and_clear();
    }
}
