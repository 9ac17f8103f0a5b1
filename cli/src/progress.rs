//! Progress of a build on stderr: bars on a terminal, a line a stage elsewhere.

use std::{
    io::IsTerminal,
    sync::Mutex,
    time::{Duration, Instant},
};

use deepwiki_domain::job::Stage;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::output;

/// Shows how far a build is.
pub(crate) struct Progress {
    name: String,
    terminal: bool,
    current: Mutex<Option<(Stage, ProgressBar, Instant)>>,
}

impl Progress {
    pub(crate) fn new(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            terminal: std::io::stderr().is_terminal(),
            current: Mutex::new(None),
        }
    }

    /// A stage begins, with this many parts (0 where that is not known).
    pub(crate) fn begin(&self, stage: Stage, parts: usize) {
        let bar = ProgressBar::new(u64::try_from(parts).unwrap_or(u64::MAX));
        if self.terminal {
            let template = if parts == 0 {
                "{prefix} {spinner}"
            } else {
                "{prefix} [{bar:32}] {pos}/{len}"
            };
            if let Ok(style) = ProgressStyle::with_template(template) {
                bar.set_style(style.progress_chars("=> "));
            }
            bar.set_prefix(format!("{:>9} {}", stage.name(), self.name));
            bar.enable_steady_tick(Duration::from_millis(120));
        } else {
            bar.set_draw_target(ProgressDrawTarget::hidden());
        }
        *self.lock() = Some((stage, bar, Instant::now()));
    }

    /// One more part is done.
    pub(crate) fn step(&self) {
        if let Some((_, bar, _)) = self.lock().as_ref() {
            bar.inc(1);
        }
    }

    /// The stage is done; `what` says what came of it.
    pub(crate) fn end(&self, what: &str) {
        if let Some((stage, bar, since)) = self.lock().take() {
            bar.finish_and_clear();
            let took = since.elapsed().as_secs_f64();
            output::note(format_args!(
                "{:>9} {}: {what} ({took:.1} s)",
                stage.name(),
                self.name
            ));
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Option<(Stage, ProgressBar, Instant)>> {
        self.current
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}
