//! Masks secrets in text before any other stage sees it. The lines stay where they are.

use std::{ops::Range, sync::OnceLock};

use regex::{Regex, RegexSet};

/// What stands where a secret stood.
const MASK: &str = "[secret masked]";

/// A text without its secrets, and how many there were.
pub(crate) struct Masked {
    /// As many lines as before.
    pub(crate) text: String,
    /// How many places were masked.
    pub(crate) count: u32,
}

/// Masks every secret of a well-known format, and what is assigned to a name like `password` and looks random.
pub(crate) fn mask(text: String) -> Masked {
    let mut places = find(&text);
    if places.is_empty() {
        return Masked { text, count: 0 };
    }
    places.sort_unstable_by_key(|place| (place.start, place.end));
    let mut masked = String::with_capacity(text.len());
    let mut count = 0;
    let mut done = 0;
    for place in places {
        if place.start < done {
            continue;
        }
        masked.push_str(text.get(done..place.start).unwrap_or_default());
        let secret = text.get(place.clone()).unwrap_or_default();
        masked.push_str(MASK);
        masked.extend(secret.chars().filter(|c| *c == '\n'));
        count += 1;
        done = place.end;
    }
    masked.push_str(text.get(done..).unwrap_or_default());
    Masked { text: masked, count }
}

/// What is demanded of a match besides its pattern.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Check {
    /// Nothing: the format says it all.
    Format,
    /// It must not be a stand-in such as `password` or `<token>`.
    Real,
    /// It must look random besides.
    Random,
    /// It begins a block that runs to its END line.
    KeyBlock,
}

/// Formats as their issuers document them. A group, where there is one, holds the secret itself. Patterns are
/// ASCII only, which keeps the automaton small and fast.
const RULES: &[(&str, Check)] = &[
    // Private keys: PEM, OpenSSH, PGP.
    (
        r"-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----",
        Check::KeyBlock,
    ),
    // Amazon: access key ids, secret keys by the name they are assigned to.
    (
        r"(?-u:\b)((?:AKIA|ASIA|ABIA|ACCA)[A-Z2-7]{16})(?-u:\b)",
        Check::Real,
    ),
    (
        r#"(?i)(?:aws|amazon)[a-z0-9_. -]{0,30}(?:secret|key)[a-z0-9_.-]{0,20}["']?[ \t]{0,4}(?:=|:)[=>]?[ \t]{0,4}["']?([a-z0-9/+]{40})(?:[^a-z0-9/+=]|$)"#,
        Check::Random,
    ),
    // GitHub, GitLab.
    (r"(?-u:\b)gh[pousr]_[A-Za-z0-9]{36,}", Check::Format),
    (r"(?-u:\b)github_pat_[A-Za-z0-9_]{60,}", Check::Format),
    (
        r"(?-u:\b)gl(?:pat|dt|rt|cbt|ptt|ft|imt|agent|oas|soat)-[A-Za-z0-9_-]{20,}",
        Check::Format,
    ),
    // Slack, Discord, Telegram.
    (r"(?-u:\b)xox[abeoprs]-[A-Za-z0-9-]{20,}", Check::Real),
    (r"(?-u:\b)xapp-[0-9]-[A-Za-z0-9-]{20,}", Check::Format),
    (
        r"hooks\.slack\.com/(?:services|workflows)/([A-Za-z0-9+/]{30,})",
        Check::Real,
    ),
    (
        r"discord(?:app)?\.com/api/webhooks/([0-9]{17,20}/[A-Za-z0-9_-]{60,})",
        Check::Format,
    ),
    (r"(?-u:\b)[0-9]{8,10}:AA[A-Za-z0-9_-]{33}", Check::Format),
    // Stripe, Shopify, Twilio, SendGrid.
    (r"(?-u:\b)[rs]k_(?:live|test)_[A-Za-z0-9]{16,}", Check::Real),
    (r"(?-u:\b)whsec_[A-Za-z0-9+/=]{24,}", Check::Real),
    (r"(?-u:\b)shp(?:at|ca|pa|ss)_[0-9a-fA-F]{32}", Check::Format),
    (r"(?-u:\b)SK[0-9a-f]{32}(?-u:\b)", Check::Format),
    (r"(?-u:\b)SG\.[A-Za-z0-9_-]{22}\.[A-Za-z0-9_-]{43}", Check::Format),
    // Google, Microsoft.
    (r"(?-u:\b)AIza[0-9A-Za-z_-]{35}", Check::Format),
    (r"(?-u:\b)GOCSPX-[A-Za-z0-9_-]{28}", Check::Format),
    (r"AccountKey=([A-Za-z0-9+/]{86}==)", Check::Format),
    // OpenAI, Anthropic, Hugging Face.
    (
        r"(?-u:\b)sk-(?:proj|svcacct|admin)-[A-Za-z0-9_-]{20,}",
        Check::Real,
    ),
    (r"(?-u:\b)sk-ant-[a-z0-9]{3,12}-[A-Za-z0-9_-]{20,}", Check::Real),
    (r"(?-u:\b)sk-[A-Za-z0-9]{48}(?-u:\b)", Check::Random),
    (r"(?-u:\b)hf_[A-Za-z0-9]{34}(?-u:\b)", Check::Random),
    // Package registries and other services.
    (r"(?-u:\b)npm_[A-Za-z0-9]{36}(?-u:\b)", Check::Random),
    (r"(?-u:\b)pypi-AgE[A-Za-z0-9_-]{50,}", Check::Format),
    (r"(?-u:\b)rubygems_[a-f0-9]{48}", Check::Format),
    (r"(?-u:\b)dckr_pat_[A-Za-z0-9_-]{27}", Check::Format),
    (r"(?-u:\b)do[opr]_v1_[0-9a-f]{64}", Check::Format),
    (r"(?-u:\b)dapi[0-9a-f]{32}", Check::Format),
    (r"(?-u:\b)hv[bsr]\.[A-Za-z0-9_-]{24,}", Check::Random),
    // JSON web tokens.
    (
        r"(?-u:\b)eyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}",
        Check::Format,
    ),
    // Passwords in connection strings and headers.
    (
        r#"[a-z][a-z0-9+.-]{1,20}://[A-Za-z0-9_.%+-]{0,64}:([^\s:@/'"<>{}$`]{3,128})@[A-Za-z0-9.\[-]"#,
        Check::Real,
    ),
    (
        r#"(?i)authorization["']?[ \t]{0,4}[:=,][ \t]{0,4}["'`]?(?:basic|bearer|token)[ \t]+([a-z0-9+/=._~-]{20,})"#,
        Check::Random,
    ),
    // Assignments, quoted and (in settings files) not.
    (
        r#"(?i)(?:passw(?:or)?d|passphrase|secret|token|api[_-]?key|private[_-]?key|access[_-]?key|account[_-]?key|credential)[a-z0-9_.-]{0,30}["']?\]?[ \t]{0,8}(?::=|=>|=|:)[ \t]{0,8}["'`]([^\s"'`]{10,})["'`]"#,
        Check::Random,
    ),
    (
        r"(?im)^[ \t]*(?:export[ \t]+)?[a-z0-9_.-]{0,40}(?:passw(?:or)?d|passphrase|secret|token|api[_-]?key|private[_-]?key|access[_-]?key)[a-z0-9_.-]{0,30}[ \t]{0,4}[:=][ \t]{0,4}([a-z0-9+/=_!@#%^&*.-]{16,})[ \t]*$",
        Check::Random,
    ),
];

/// The rules, compiled once: all together to tell which occur at all, and each alone to say where.
fn compiled() -> &'static (RegexSet, Vec<(Regex, Check)>) {
    static COMPILED: OnceLock<(RegexSet, Vec<(Regex, Check)>)> = OnceLock::new();
    COMPILED.get_or_init(|| {
        let set =
            RegexSet::new(RULES.iter().map(|(pattern, _)| *pattern)).unwrap_or_else(|_| RegexSet::empty());
        let rule = |(pattern, check): &(&str, Check)| Some((Regex::new(pattern).ok()?, *check));
        (set, RULES.iter().filter_map(rule).collect())
    })
}

fn find(text: &str) -> Vec<Range<usize>> {
    let (set, rules) = compiled();
    let mut places = Vec::new();
    for rule in set.matches(text) {
        let Some((pattern, check)) = rules.get(rule) else {
            continue;
        };
        for captures in pattern.captures_iter(text) {
            let Some(found) = captures.get(1).or_else(|| captures.get(0)) else {
                continue;
            };
            places.extend(match check {
                Check::Format => Some(found.range()),
                Check::Real => is_real(found.as_str()).then(|| found.range()),
                Check::Random => looks_random(found.as_str()).then(|| found.range()),
                Check::KeyBlock => key_block(text, found.range()),
            });
        }
    }
    places
}

/// Stand-ins that documentation and tests use; masking them would hide nothing and cost readers much.
const STAND_INS: &[&str] = &[
    "example",
    "xxxx",
    "****",
    "....",
    "your",
    "changeme",
    "change_me",
    "placeholder",
    "dummy",
    "redacted",
    "password",
    "passwd",
    "secret",
    "insert",
    "replace",
    "sample",
    "foobar",
    "hunter2",
    "1234567890",
    "abcdef",
];

fn is_real(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    let common = [
        "pass", "pwd", "user", "test", "root", "admin", "postgres", "mysql", "guest", "token",
    ];
    !STAND_INS.iter().any(|stand_in| lower.contains(stand_in))
        && !common.contains(&lower.as_str())
        && !lower.starts_with(['$', '%', '{', '<'])
}

/// Whether a value looks made by a generator: long enough, letters and digits mixed, and hard to predict.
/// Names, paths, URLs, versions and references to variables do not.
fn looks_random(text: &str) -> bool {
    let count = |wanted: fn(&char) -> bool| text.chars().filter(wanted).count();
    let digits = count(|c| c.is_ascii_digit());
    let letters = count(|c| c.is_ascii_alphabetic());
    let refers = [
        "${",
        "{{",
        "$(",
        "<%",
        "://",
        "::",
        "()",
        "->",
        "process.env",
        "os.environ",
        "%(",
    ];
    is_real(text)
        && digits >= 2
        && letters >= 2
        && !refers.iter().any(|mark| text.contains(mark))
        && !text.starts_with(['/', '.', '$', '@', '#'])
        && entropy(text) >= 3.2
        && longest_word(text) < 12.max(text.len() / 3)
}

/// Shannon entropy in bits a character.
fn entropy(text: &str) -> f64 {
    let mut counts = [0_u32; 256];
    for byte in text.bytes() {
        if let Some(count) = counts.get_mut(usize::from(byte)) {
            *count += 1;
        }
    }
    let length = text.len() as f64;
    let bits = |count: &u32| {
        let share = f64::from(*count) / length;
        -share * share.log2()
    };
    counts.iter().filter(|count| **count > 0).map(bits).sum()
}

/// The longest run of letters of one case: words have long ones, random text does not.
fn longest_word(text: &str) -> usize {
    let mut longest = 0;
    let mut run = 0;
    let mut last = ' ';
    for c in text.chars() {
        let same = c.is_ascii_alphabetic() && c.is_ascii_lowercase() == last.is_ascii_lowercase();
        run = if same && last.is_ascii_alphabetic() {
            run + 1
        } else {
            usize::from(c.is_ascii_alphabetic())
        };
        longest = longest.max(run);
        last = c;
    }
    longest
}

/// The longest key block that is masked, in bytes.
const LONGEST_BLOCK: usize = 64 << 10;

/// How the last line of a block begins.
const END_LINE: &str = "-----END ";

/// From the BEGIN line to the END line, or to where the text stops to look like a key. None where nothing like
/// a key follows, as in code that looks for such lines.
fn key_block(text: &str, begin: Range<usize>) -> Option<Range<usize>> {
    let rest = text.get(begin.end..)?;
    let is_body = |c: char| c.is_ascii_alphanumeric() || "+/=\\ \t\n\r,:\"'-.()@<>_".contains(c);
    let body = rest
        .find(|c| !is_body(c))
        .unwrap_or(rest.len())
        .min(LONGEST_BLOCK);
    let end = match rest.get(..body).and_then(|body| body.find(END_LINE)) {
        Some(end) => {
            let name = end + END_LINE.len();
            let closing = rest.get(name..)?.find("-----").filter(|length| *length <= 60);
            closing.map_or(name, |length| name + length + 5)
        }
        None => last_key_line(rest.get(..body)?),
    };
    let has_key = rest
        .get(..end)?
        .split(|c: char| !c.is_ascii_alphanumeric() && !"+/=".contains(c));
    has_key
        .clone()
        .any(|run| run.len() >= 32)
        .then(|| begin.start..begin.end + end)
}

/// The end of the leading lines that look like base64 or are empty.
fn last_key_line(body: &str) -> usize {
    let mut end = 0;
    for line in body.split_inclusive('\n') {
        let plain = line.trim_matches(|c: char| c.is_whitespace() || "\"',\\n".contains(c));
        if !plain.is_empty() && (plain.contains(' ') || plain.len() < 16) {
            break;
        }
        end += line.trim_end_matches('\n').len();
        if line.ends_with('\n') {
            end += 1;
        }
    }
    body.get(..end)
        .map_or(0, |body| body.trim_end_matches('\n').len())
}

#[cfg(test)]
mod tests;
