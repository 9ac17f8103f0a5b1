//! How secrets look: the literal that each begins with, and what must follow it.

use super::Check;

/// What must stand before the literal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Before {
    /// Anything.
    Anything,
    /// Nothing that would make it the end of a longer word.
    Boundary,
    /// A digit.
    Digit,
    /// On its line, only the beginning of a name.
    NameOnly,
}

/// A format. A group in the pattern, where there is one, holds the secret itself.
#[derive(Debug, Clone, Copy)]
pub(super) struct Rule {
    /// What a match begins with; any of them, each of three bytes or more.
    pub(super) literals: &'static [&'static str],
    /// What stands before.
    pub(super) before: Before,
    /// The whole match, literal included.
    pub(super) pattern: &'static str,
    /// What is demanded besides.
    pub(super) check: Check,
}

const fn token(literals: &'static [&'static str], pattern: &'static str, check: Check) -> Rule {
    Rule {
        literals,
        before: Before::Boundary,
        pattern,
        check,
    }
}

const fn within(
    before: Before,
    literals: &'static [&'static str],
    pattern: &'static str,
    check: Check,
) -> Rule {
    Rule {
        literals,
        before,
        pattern,
        check,
    }
}

use Before::{Anything, Digit, NameOnly};
use Check::{Format, KeyBlock, Random, Real};

/// Formats as their issuers document them; literals in the case in which they are issued.
#[rustfmt::skip]
pub(super) const TOKENS: &[Rule] = &[
    // Private keys: PEM, OpenSSH, PGP.
    within(Anything, &["-----BEGIN "], r"-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----", KeyBlock),
    // Amazon, GitHub, GitLab.
    token(&["AKIA", "ASIA", "ABIA", "ACCA"], r"[A-Z]{4}[A-Z2-7]{16}(?-u:\b)", Real),
    token(&["ghp_", "gho_", "ghu_", "ghs_", "ghr_"], r"gh[pousr]_[A-Za-z0-9]{36,}", Format),
    token(&["github_pat_"], r"github_pat_[A-Za-z0-9_]{60,}", Format),
    token(
        &["glpat-", "gldt-", "glrt-", "glcbt-", "glptt-", "glft-", "glimt-", "glagent-", "gloas-", "glsoat-"],
        r"gl[a-z]{2,5}-[A-Za-z0-9_-]{20,}", Format,
    ),
    // Slack, Discord, Telegram.
    token(&["xoxa-", "xoxb-", "xoxe-", "xoxo-", "xoxp-", "xoxr-", "xoxs-"], r"xox[a-z]-[A-Za-z0-9-]{20,}", Real),
    token(&["xapp-"], r"xapp-[0-9]-[A-Za-z0-9-]{20,}", Format),
    token(&["hooks.slack.com/"], r"hooks\.slack\.com/(?:services|workflows)/([A-Za-z0-9+/]{30,})", Real),
    within(Anything, &["/api/webhooks/"], r"/api/webhooks/([0-9]{17,20}/[A-Za-z0-9_-]{60,})", Format),
    within(Digit, &[":AA"], r":(AA[A-Za-z0-9_-]{33})(?-u:\b)", Random),
    // Stripe, Shopify, Twilio, SendGrid.
    token(&["sk_live_", "sk_test_", "rk_live_", "rk_test_"], r"[rs]k_[a-z]{4}_[A-Za-z0-9]{16,}", Real),
    token(&["whsec_"], r"whsec_[A-Za-z0-9+/=]{24,}", Real),
    token(&["shpat_", "shpca_", "shppa_", "shpss_"], r"shp[a-z]{2}_[0-9a-fA-F]{32}", Format),
    token(
        &[
            "SK0", "SK1", "SK2", "SK3", "SK4", "SK5", "SK6", "SK7", "SK8", "SK9", "SKa", "SKb", "SKc", "SKd", "SKe",
            "SKf",
        ],
        r"SK[0-9a-f]{32}(?-u:\b)", Format,
    ),
    token(&["SG."], r"SG\.[A-Za-z0-9_-]{22}\.[A-Za-z0-9_-]{43}", Format),
    // Google, Microsoft.
    token(&["AIza"], r"AIza[0-9A-Za-z_-]{35}", Format),
    token(&["GOCSPX-"], r"GOCSPX-[A-Za-z0-9_-]{28}", Format),
    token(&["AccountKey="], r"AccountKey=([A-Za-z0-9+/]{86}==)", Format),
    // OpenAI, Anthropic, Hugging Face.
    token(&["sk-proj-", "sk-svcacct-", "sk-admin-"], r"sk-[a-z]{4,8}-[A-Za-z0-9_-]{20,}", Real),
    token(&["sk-ant-"], r"sk-ant-[a-z0-9]{3,12}-[A-Za-z0-9_-]{20,}", Real),
    token(&["sk-"], r"sk-[A-Za-z0-9]{48}(?-u:\b)", Random),
    token(&["hf_"], r"hf_[A-Za-z0-9]{34}(?-u:\b)", Random),
    // Package registries and other services.
    token(&["npm_"], r"npm_[A-Za-z0-9]{36}(?-u:\b)", Random),
    token(&["pypi-AgE"], r"pypi-AgE[A-Za-z0-9_-]{50,}", Format),
    token(&["rubygems_"], r"rubygems_[a-f0-9]{48}", Format),
    token(&["dckr_pat_"], r"dckr_pat_[A-Za-z0-9_-]{27}", Format),
    token(&["doo_v1_", "dop_v1_", "dor_v1_"], r"do[opr]_v1_[0-9a-f]{64}", Format),
    token(&["dapi"], r"dapi[0-9a-f]{32}", Format),
    token(&["hvb.", "hvr.", "hvs."], r"hv[brs]\.[A-Za-z0-9_-]{24,}", Random),
    // JSON web tokens.
    token(&["eyJ"], r"eyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}", Format),
    // Passwords in connection strings.
    within(
        Anything, &["://"],
        r#"://[A-Za-z0-9_.%+-]{0,64}:([^\s:@/'"<>{}$`]{3,128})@[A-Za-z0-9.\[-]"#, Real,
    ),
];

/// Names that secrets are assigned to, in any case.
const SECRET_NAMES: &[&str] = &[
    "password",
    "passwd",
    "passphrase",
    "secret",
    "token",
    "apikey",
    "api_key",
    "api-key",
    "privatekey",
    "private_key",
    "private-key",
    "accesskey",
    "access_key",
    "access-key",
    "accountkey",
    "account_key",
    "account-key",
    "credential",
];

/// What is told by the name that it is assigned to; in any case.
#[rustfmt::skip]
pub(super) const ASSIGNMENTS: &[Rule] = &[
    within(
        Anything, &["aws", "amazon"],
        r#"(?i)[a-z]+[a-z0-9_. -]{0,30}(?:secret|key)[a-z0-9_.-]{0,20}["']?[ \t]{0,4}[:=][=>]?[ \t]{0,4}["']?([a-z0-9/+]{40})(?:[^a-z0-9/+=]|$)"#,
        Random,
    ),
    within(
        Anything, &["authorization"],
        r#"(?i)authorization["']?[ \t]{0,4}[:=,][ \t]{0,4}["'`]?(?:basic|bearer|token)[ \t]{1,4}([a-z0-9+/=._~-]{20,})"#,
        Random,
    ),
    within(
        Anything, SECRET_NAMES,
        r#"(?i)[a-z_-]{5,12}[a-z0-9_.-]{0,30}["']?\]?[ \t]{0,8}(?::=|=>|=|:)[ \t]{0,8}["'`]([^\s"'`]{10,})["'`]"#,
        Random,
    ),
    within(
        NameOnly, SECRET_NAMES,
        r"(?im)[a-z_-]{5,12}[a-z0-9_.-]{0,30}[ \t]{0,4}[:=][ \t]{0,4}([a-z0-9+/=_!@#%^&*.-]{16,})[ \t]*$",
        Random,
    ),
];
