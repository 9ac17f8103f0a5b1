//! The layer that writes the logs.
//!
//! A line carries the fields of all spans that it stands in, so that every line has the ids of its request, job and
//! repository. What is too fine to be written is kept with the outermost span, and so are the spans that end in it;
//! an error writes all of it as one more line. X-Ray samples one request in ten: this is how the others can be told
//! afterwards.

use std::{
    collections::VecDeque,
    io::Write,
    time::{Instant, SystemTime},
};

use serde_json::{Map, Value};
use tracing::{
    Event, Level, Subscriber,
    field::{Field, Visit},
    span::{Attributes, Id, Record},
};
use tracing_subscriber::{
    Layer,
    fmt::MakeWriter,
    layer::Context,
    registry::{LookupSpan, SpanRef},
};

use super::mask::{MASKED, is_hidden, mask};

/// What is kept at most for each outermost span; the oldest goes first.
const KEPT_ENTRIES: usize = 256;
/// Bytes of one field's value that are kept; CloudWatch takes lines of 256 KB.
const LONGEST_VALUE: usize = 4096;

/// Writes events as JSON lines to what `make` makes.
#[derive(Debug)]
pub struct Journal<M> {
    written: Level,
    make: M,
}

impl<M> Journal<M> {
    /// Lines of `written` and above are written, finer ones kept for an error.
    pub fn new(written: Level, make: M) -> Self {
        Self { written, make }
    }
}

/// A span's fields, and when it began.
struct Opened {
    fields: Map<String, Value>,
    began: Instant,
}

/// What is kept with an outermost span.
#[derive(Default)]
struct Kept {
    entries: VecDeque<Value>,
    /// Entries that had to go.
    forgotten: u64,
    /// Whether an error was written in it, so that what ends later belongs to the story.
    failed: bool,
}

impl Kept {
    fn push(&mut self, entry: Value) {
        if self.entries.len() == KEPT_ENTRIES {
            self.entries.pop_front();
            self.forgotten += 1;
        }
        self.entries.push_back(entry);
    }

    /// The line that tells everything kept, which is then forgotten.
    fn told(&mut self, ids: &Map<String, Value>) -> Option<Map<String, Value>> {
        if self.entries.is_empty() {
            return None;
        }
        let mut line = head(Level::ERROR, "deepwiki_aws::logs", "what went before the error");
        line.extend(ids.clone());
        line.insert("trace".to_owned(), self.entries.drain(..).collect());
        if self.forgotten > 0 {
            line.insert("forgotten".to_owned(), self.forgotten.into());
        }
        Some(line)
    }
}

impl<S, M> Layer<S> for Journal<M>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    M: for<'a> MakeWriter<'a> + 'static,
{
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let Some(span) = context.span(id) else { return };
        let mut fields = Fields::default();
        attributes.record(&mut fields);
        let mut extensions = span.extensions_mut();
        extensions.insert(Opened {
            fields: fields.0,
            began: Instant::now(),
        });
        if span.parent().is_none() {
            extensions.insert(Kept::default());
        }
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: Context<'_, S>) {
        let Some(span) = context.span(id) else { return };
        if let Some(opened) = span.extensions_mut().get_mut::<Opened>() {
            let mut fields = Fields(std::mem::take(&mut opened.fields));
            values.record(&mut fields);
            opened.fields = fields.0;
        }
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let meta = event.metadata();
        let mut fields = Fields::default();
        event.record(&mut fields);
        let message = match fields.0.remove("message") {
            Some(Value::String(message)) => message,
            _ => String::new(),
        };
        let ids = ids(context
            .event_scope(event)
            .into_iter()
            .flat_map(|scope| scope.from_root()));
        let mut line = head(*meta.level(), meta.target(), &message);
        line.extend(ids.clone());
        line.extend(fields.0);
        if *meta.level() <= self.written {
            self.write(&line);
        }
        let Some(root) = context
            .event_scope(event)
            .and_then(|scope| scope.from_root().next())
        else {
            return;
        };
        let mut extensions = root.extensions_mut();
        let Some(kept) = extensions.get_mut::<Kept>() else {
            return;
        };
        kept.push(Value::Object(line));
        if *meta.level() == Level::ERROR {
            kept.failed = true;
            if let Some(story) = kept.told(&ids) {
                self.write(&story);
            }
        }
    }

    fn on_close(&self, id: Id, context: Context<'_, S>) {
        let Some(span) = context.span(&id) else { return };
        let ids = ids(span.scope().from_root());
        let mut entry = head(*span.metadata().level(), span.metadata().target(), "span ended");
        entry.insert("span".to_owned(), span.name().into());
        if let Some(opened) = span.extensions().get::<Opened>() {
            let elapsed = u64::try_from(opened.began.elapsed().as_millis()).unwrap_or(u64::MAX);
            entry.insert("elapsed_ms".to_owned(), elapsed.into());
        }
        entry.extend(ids.clone());
        let is_root = span.parent().is_none();
        let root = span.scope().from_root().next().unwrap_or(span);
        let mut extensions = root.extensions_mut();
        let Some(kept) = extensions.get_mut::<Kept>() else {
            return;
        };
        kept.push(Value::Object(entry));
        if is_root
            && kept.failed
            && let Some(story) = kept.told(&ids)
        {
            self.write(&story);
        }
    }
}

impl<M: for<'a> MakeWriter<'a>> Journal<M> {
    /// One line at once, so that lines of two threads are not mixed. A log that cannot be written stops nothing.
    fn write(&self, line: &Map<String, Value>) {
        if let Ok(mut text) = serde_json::to_vec(line) {
            text.push(b'\n');
            let _ = self.make.make_writer().write_all(&text);
        }
    }
}

/// The fields of spans, the inner ones over the outer ones.
fn ids<'a, S>(spans: impl Iterator<Item = SpanRef<'a, S>>) -> Map<String, Value>
where
    S: for<'b> LookupSpan<'b> + 'a,
{
    let mut ids = Map::new();
    for span in spans {
        if let Some(opened) = span.extensions().get::<Opened>() {
            ids.extend(opened.fields.clone());
        }
    }
    ids
}

/// What every line begins with.
fn head(level: Level, target: &str, message: &str) -> Map<String, Value> {
    let timestamp = jiff::Timestamp::try_from(SystemTime::now()).unwrap_or_default();
    let mut line = Map::new();
    line.insert("timestamp".to_owned(), timestamp.to_string().into());
    line.insert("level".to_owned(), level.as_str().into());
    line.insert("target".to_owned(), target.into());
    line.insert("message".to_owned(), shortened(message).into());
    line
}

/// A text without secrets, and not longer than a line may be.
fn shortened(text: &str) -> String {
    let text = mask(text);
    match text.char_indices().find(|(at, _)| *at >= LONGEST_VALUE) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.into_owned(),
    }
}

/// Collects fields as JSON.
#[derive(Default)]
struct Fields(Map<String, Value>);

impl Fields {
    fn put(&mut self, field: &Field, value: Value) {
        let value = if is_hidden(field.name()) {
            MASKED.into()
        } else {
            value
        };
        self.0.insert(field.name().to_owned(), value);
    }
}

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        self.put(field, shortened(&format!("{value:?}")).into());
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.put(field, shortened(value).into());
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.put(field, value.into());
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.put(field, value.into());
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        self.put(field, value.into());
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.put(field, value.into());
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use tracing_subscriber::layer::SubscriberExt;

    use super::*;

    /// The lines that a body logs.
    fn logged(body: impl FnOnce()) -> Vec<Value> {
        let lines = Arc::new(Mutex::new(Vec::new()));
        let journal = Journal::new(Level::INFO, Sink(Arc::clone(&lines)));
        tracing::subscriber::with_default(tracing_subscriber::registry().with(journal), body);
        let text = String::from_utf8(lines.lock().unwrap().clone()).unwrap();
        text.lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect()
    }

    #[derive(Clone)]
    struct Sink(Arc<Mutex<Vec<u8>>>);

    impl Write for Sink {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    impl<'a> MakeWriter<'a> for Sink {
        type Writer = Sink;

        fn make_writer(&'a self) -> Sink {
            self.clone()
        }
    }

    #[test]
    fn a_line_has_the_ids_of_everything_under_way() {
        let lines = logged(|| {
            let _request = tracing::info_span!("invocation", request = "r-1").entered();
            let _stage = tracing::info_span!("stage", repository = "demo", build = "b-1").entered();
            tracing::info!(elapsed_ms = 7, "done");
        });
        let line = &lines[0];
        assert_eq!(lines.len(), 1);
        assert_eq!(
            (&line["request"], &line["repository"], &line["build"]),
            (&"r-1".into(), &"demo".into(), &"b-1".into())
        );
        assert_eq!(
            (&line["message"], &line["elapsed_ms"], &line["level"]),
            (&"done".into(), &7.into(), &"INFO".into())
        );
    }

    #[test]
    fn what_is_fine_is_told_on_an_error_alone() {
        let fine = || tracing::debug!(shard = 3, "read");
        let quiet = logged(|| {
            let _request = tracing::info_span!("invocation", request = "r-1").entered();
            fine();
        });
        assert!(quiet.is_empty(), "{quiet:?}");

        let loud = logged(|| {
            let _request = tracing::info_span!("invocation", request = "r-1").entered();
            tracing::info_span!("call", to = "s3").in_scope(fine);
            tracing::error!("broken");
            tracing::info_span!("answer").in_scope(|| ());
        });
        assert_eq!(loud[0]["message"], "broken");
        let trace = loud[1]["trace"].as_array().unwrap();
        let told: Vec<&str> = trace
            .iter()
            .map(|entry| entry["message"].as_str().unwrap())
            .collect();
        assert_eq!(told, ["read", "span ended", "broken"]);
        assert_eq!(
            (&trace[0]["to"], &trace[1]["span"], &trace[0]["request"]),
            (&"s3".into(), &"call".into(), &"r-1".into())
        );
        // What ended after the error, the request itself included.
        let rest = loud[2]["trace"].as_array().unwrap();
        let spans: Vec<&str> = rest.iter().filter_map(|entry| entry["span"].as_str()).collect();
        assert_eq!(spans, ["answer", "invocation"]);
    }

    #[test]
    fn the_next_request_does_not_tell_of_the_one_before() {
        let lines = logged(|| {
            for request in ["r-1", "r-2"] {
                let _request = tracing::info_span!("invocation", request).entered();
                tracing::debug!("{request} reads");
                if request == "r-2" {
                    tracing::error!("broken");
                }
            }
        });
        assert!(
            !serde_json::to_string(&lines).unwrap().contains("r-1"),
            "{lines:?}"
        );
    }

    #[test]
    fn memory_is_bounded() {
        let lines = logged(|| {
            let _request = tracing::info_span!("invocation").entered();
            for number in 0..2 * KEPT_ENTRIES {
                tracing::debug!(number, "{}", "x".repeat(2 * LONGEST_VALUE));
            }
            tracing::error!("broken");
        });
        let trace = lines[1]["trace"].as_array().unwrap();
        assert_eq!(
            (trace.len(), &lines[1]["forgotten"]),
            (KEPT_ENTRIES, &(KEPT_ENTRIES + 1).into())
        );
        let longest = trace
            .iter()
            .map(|entry| entry["message"].as_str().unwrap().len())
            .max()
            .unwrap();
        assert!(longest <= LONGEST_VALUE + "…".len());
    }

    #[test]
    fn secrets_are_masked_in_messages_fields_and_spans() {
        let secret = format!("ghp_{}", "a1B2".repeat(9));
        let lines = logged(|| {
            let _span = tracing::info_span!("stage", task_token = "AQB8AAAAKgAAAAMAAAAA", url = %format!("https://x:{secret}@h/")).entered();
            tracing::debug!(detail = %secret, "kept");
            tracing::error!("refused {secret}");
        });
        let text = serde_json::to_string(&lines).unwrap();
        assert!(!text.contains(&secret) && !text.contains("AQB8AAAA"), "{text}");
        assert!(text.contains("refused ***"));
    }
}
