//! Bytes to text whose line numbers are those that editors and GitHub show.

/// Where Git looks for a NUL byte to tell binary from text.
const HEAD: usize = 8000;

/// Above this share of undecodable characters a file is no text. Sources in legacy encodings (Shift_JIS in
/// comments, for example) stay well below.
const MOST_REPLACED: f64 = 0.3;

/// The text of a file; none where it is binary. UTF-8 and UTF-16 byte order marks are taken out, bytes that are
/// not UTF-8 become U+FFFD, `\r\n` becomes `\n`. A `\r` alone is no line break on GitHub, so it becomes a space.
pub(crate) fn decode(bytes: Vec<u8>) -> Option<String> {
    let text = match bytes.as_slice() {
        [0xef, 0xbb, 0xbf, rest @ ..] => decode_utf8(rest.to_vec())?,
        [0xff, 0xfe, rest @ ..] => decode_utf16(rest, u16::from_le_bytes)?,
        [0xfe, 0xff, rest @ ..] => decode_utf16(rest, u16::from_be_bytes)?,
        _ => decode_utf8(bytes)?,
    };
    Some(normalise(text))
}

/// Number of lines; a last line without a line break counts, an empty text has none.
pub(crate) fn count_lines(text: &str) -> u32 {
    let breaks = text.bytes().filter(|byte| *byte == b'\n').count();
    let open_end = !text.is_empty() && !text.ends_with('\n');
    u32::try_from(breaks + usize::from(open_end)).unwrap_or(u32::MAX)
}

fn decode_utf8(bytes: Vec<u8>) -> Option<String> {
    if bytes.iter().take(HEAD).any(|byte| *byte == 0) {
        return None;
    }
    match String::from_utf8(bytes) {
        Ok(text) => Some(text),
        Err(error) => accept(String::from_utf8_lossy(error.as_bytes()).into_owned()),
    }
}

fn decode_utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> Option<String> {
    let units = bytes.chunks(2).map(|pair| match pair {
        [a, b] => unit([*a, *b]),
        _ => 0xfffd,
    });
    let text: String = char::decode_utf16(units)
        .map(|unit| unit.unwrap_or(char::REPLACEMENT_CHARACTER))
        .collect();
    if text.bytes().take(HEAD).any(|byte| byte == 0) {
        return None;
    }
    accept(text)
}

/// Refuses a text of which too much could not be decoded.
fn accept(text: String) -> Option<String> {
    let mut all = 0_usize;
    let mut replaced = 0_usize;
    for c in text.chars() {
        all += 1;
        replaced += usize::from(c == char::REPLACEMENT_CHARACTER);
    }
    (replaced as f64 <= all as f64 * MOST_REPLACED).then_some(text)
}

fn normalise(text: String) -> String {
    if !text.bytes().any(|byte| byte == b'\r' || byte == 0) {
        return text;
    }
    let mut plain = String::with_capacity(text.len());
    let mut characters = text.chars().peekable();
    while let Some(c) = characters.next() {
        match c {
            '\r' if characters.peek() == Some(&'\n') => {}
            '\r' => plain.push(' '),
            '\0' => plain.push(char::REPLACEMENT_CHARACTER),
            c => plain.push(c),
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn encodings_and_line_ends_become_one() {
        for (bytes, text) in [
            (&b"a\r\nb\n"[..], Some("a\nb\n")),
            (b"a\rb\r\r\nc", Some("a b \nc")),
            (b"\xef\xbb\xbfa", Some("a")),
            (b"\xff\xfea\0\n\0", Some("a\n")),
            (b"\xfe\xff\0a\0\r\0\n", Some("a\n")),
            (b"caf\xe9 au lait", Some("caf\u{fffd} au lait")),
            (b"", Some("")),
            (b"\x89PNG\0", None),
            (b"\xff\xfe\0\0a\0\0\0", None),
            (b"\x80\x81\x82\x83\x84", None),
        ] {
            assert_eq!(decode(bytes.to_vec()).as_deref(), text, "{bytes:?}");
        }
        let mut late = vec![b'x'; HEAD];
        late.push(0);
        assert!(decode(late).is_some_and(|text| text.ends_with("x\u{fffd}")));
    }

    proptest! {
        #[test]
        fn a_text_has_the_lines_that_its_bytes_have(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            let has_mark = bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]);
            prop_assume!(!has_mark);
            let breaks = bytes.iter().filter(|byte| **byte == b'\n').count();
            if let Some(text) = decode(bytes) {
                prop_assert_eq!(text.matches('\n').count(), breaks);
                prop_assert!(!text.contains(['\r', '\0']));
                prop_assert_eq!(count_lines(&text) as usize, text.lines().count());
            }
        }
    }
}
