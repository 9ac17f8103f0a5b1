//! Secrets in tests are made when the tests run, so that no file of this repository holds one.

use proptest::prelude::*;

use super::*;

/// Letters and digits that look random, so that no test source holds anything like a secret.
fn random(length: usize, alphabet: &str) -> String {
    let alphabet: Vec<char> = alphabet.chars().collect();
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        alphabet[(state % alphabet.len() as u64) as usize]
    };
    (0..length).map(|_| next()).collect()
}

const ANY: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
const HEX: &str = "0123456789abcdef";

fn alnum(length: usize) -> String {
    random(length, ANY)
}

fn join(parts: &[&str]) -> String {
    parts.concat()
}

#[test]
fn the_rules_compile() {
    assert!(matcher().is_some());
}

#[test]
fn every_format_is_masked() {
    let upper = random(16, "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567");
    let secrets = [
        join(&["AK", "IA", &upper]),
        join(&["gh", "p_", &alnum(36)]),
        join(&["github", "_pat_", &alnum(82)]),
        join(&["gl", "pat-", &alnum(20)]),
        join(&["xo", "xb-", &random(12, "0123456789"), "-", &alnum(24)]),
        join(&["xa", "pp-1-", &alnum(40)]),
        join(&["sk", "_live_", &alnum(24)]),
        join(&["wh", "sec_", &alnum(32)]),
        join(&["shp", "at_", &random(32, HEX)]),
        join(&["S", "K", &random(32, HEX)]),
        join(&["S", "G.", &alnum(22), ".", &alnum(43)]),
        join(&["AI", "za", &alnum(35)]),
        join(&["GOC", "SPX-", &alnum(28)]),
        join(&["sk", "-proj-", &alnum(48)]),
        join(&["sk", "-ant-api03-", &alnum(80)]),
        join(&["s", "k-", &alnum(48)]),
        join(&["h", "f_", &alnum(34)]),
        join(&["np", "m_", &alnum(36)]),
        join(&["py", "pi-AgE", &alnum(60)]),
        join(&["ruby", "gems_", &random(48, HEX)]),
        join(&["dckr", "_pat_", &alnum(27)]),
        join(&["do", "p_v1_", &random(64, HEX)]),
        join(&["da", "pi", &random(32, HEX)]),
        join(&["hv", "s.", &alnum(28)]),
        join(&["ey", "J", &alnum(20), ".ey", "J", &alnum(40), ".", &alnum(43)]),
    ];
    for secret in secrets {
        let masked = mask(format!("before\nlet x = \"{secret}\"; // {secret}\nafter\n"));
        assert_eq!(
            masked.text,
            format!("before\nlet x = \"{MASK}\"; // {MASK}\nafter\n"),
            "{secret}"
        );
        assert_eq!(masked.count, 2, "{secret}");
    }
}

#[test]
fn only_the_secret_part_is_masked() {
    let value = alnum(40);
    for (before, after) in [
        ("postgres://app:", "@db.example.org/x"),
        ("DefaultEndpointsProtocol=https;Accou", ""),
        ("Authorization: Bearer ", ""),
        ("DB_PASSWORD=", "\n"),
        ("  api_key: '", "'"),
        ("const clientSecret = \"", "\";"),
        ("\"aws_secret_access_key\": \"", "\""),
        ("https://hooks.slack.com/services/", " x"),
    ] {
        let (before, value) = match before.strip_suffix("Accou") {
            Some(before) => (format!("{before}AccountKey="), format!("{}==", alnum(86))),
            None => (before.to_owned(), value.clone()),
        };
        let masked = mask(format!("{before}{value}{after}"));
        assert_eq!(masked.text, format!("{before}{MASK}{after}"));
    }
}

#[test]
fn a_bot_token_is_masked_behind_its_number() {
    let text = format!("bot 719946357:{}{} end", "AA", alnum(33));
    assert_eq!(mask(text).text, format!("bot 719946357:{MASK} end"));
}

#[test]
fn key_blocks_are_masked_and_keep_their_lines() {
    let dashes = "-----";
    let body: String = (0..10).map(|_| alnum(64) + "\n").collect();
    let block = format!(
        "{dashes}BEGIN RSA PRIVATE KEY{dashes}\nProc-Type: 4,ENCRYPTED\n\n{body}{dashes}END RSA PRIVATE KEY{dashes}\n"
    );
    let masked = mask(format!("a\n{block}b\n"));
    assert_eq!(masked.count, 1);
    assert_eq!(masked.text, format!("a\n{MASK}{}\nb\n", "\n".repeat(13)));

    let escaped = format!(
        "{{\"key\": \"{dashes}BEGIN PRIVATE KEY{dashes}\\n{}\\n{dashes}END PRIVATE KEY{dashes}\\n\", \"x\": 1}}\n",
        alnum(64)
    );
    let masked = mask(escaped);
    assert!(!masked.text.contains(&alnum(64)), "{}", masked.text);

    let cut_off =
        format!("{dashes}BEGIN OPENSSH PRIVATE KEY{dashes}\n{body}\nThat was it: the end of all.\n");
    let masked = mask(cut_off);
    assert!(
        masked.text.ends_with("That was it: the end of all.\n"),
        "{}",
        masked.text
    );
    assert_eq!(masked.text.lines().count(), 13);

    let code = format!("if text.contains(\"{dashes}BEGIN RSA PRIVATE KEY{dashes}\") {{ return true; }}\n");
    assert_eq!(mask(code.clone()).text, code);
}

#[test]
fn names_examples_and_references_stay() {
    for text in [
        "password = \"correct horse\"",
        "token = os.environ['GITHUB_TOKEN_2']",
        "secret: ${{ secrets.DEPLOY_TOKEN_V2 }}",
        "postgres://user:password@localhost/db",
        "https://example.com:8080/path@2x.png",
        "api_key = \"YOUR_API_KEY_12345\"",
        "self.token_type = \"access_token_v2_type\"",
        "PRIVATE_KEY_PATH=/etc/ssl/private/server01.key",
        "let token = tokenizer.next_token_42();",
        "AKIAIOSFODNN7EXAMPLE",
        "sha256 = 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        "passwordHash = sha512_256(input1, input2)",
    ] {
        let masked = mask(text.to_owned());
        assert_eq!((masked.text.as_str(), masked.count), (text, 0));
    }
}

proptest! {
    #[test]
    fn masking_keeps_lines_and_is_done_once(
        mut lines in proptest::collection::vec("[ -~]{0,60}", 0..20),
        at in any::<proptest::sample::Index>(),
    ) {
        let secret = join(&["gh", "p_", &alnum(36)]);
        let at = at.index(lines.len() + 1);
        lines.insert(at, format!("x = '{secret}'"));
        let text = lines.join("\n");
        let masked = mask(text.clone());
        prop_assert_eq!(masked.text.matches('\n').count(), text.matches('\n').count());
        prop_assert!(!masked.text.contains(&secret));
        prop_assert_eq!(mask(masked.text.clone()).text, masked.text);
    }
}
