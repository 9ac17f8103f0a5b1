//! Server-sent events from bytes that may be broken anywhere.

use deepwiki_domain::StageError;
use deepwiki_ports::Result;

/// The longest line that is held, in bytes.
const LONGEST_LINE: usize = 1 << 20;

/// Gathers bytes into lines, and gives the data of each event. (An event of several lines, which no server of chat
/// completions sends, gives its lines one by one.)
#[derive(Default)]
pub(crate) struct Events {
    line: Vec<u8>,
}

impl Events {
    /// Takes bytes and hands on each `data:` that they complete; stops where the taker has had enough (`false`).
    pub(crate) fn push(&mut self, bytes: &[u8], take: &mut dyn FnMut(&str) -> Result<bool>) -> Result<bool> {
        for byte in bytes {
            if *byte != b'\n' {
                if self.line.len() >= LONGEST_LINE {
                    return Err(StageError::permanent(
                        "the model's server sent a line without end",
                    ));
                }
                self.line.push(*byte);
                continue;
            }
            let line = std::mem::take(&mut self.line);
            let line = String::from_utf8_lossy(&line);
            let data = line.strip_prefix("data:").map(str::trim);
            if let Some(data) = data.filter(|data| !data.is_empty())
                && !take(data)?
            {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STREAM: &str =
        ": hello\r\nevent: x\ndata: {\"a\":\"日本\"}\r\n\r\ndata:{\"b\":2}\n\ndata:\ndata: [DONE]\n\n";

    fn read(pieces: &[&[u8]]) -> Vec<String> {
        let mut events = Events::default();
        let mut read = Vec::new();
        for piece in pieces {
            let mut take = |data: &str| {
                read.push(data.to_owned());
                Ok(true)
            };
            events.push(piece, &mut take).unwrap();
        }
        read
    }

    #[test]
    fn a_stream_broken_at_any_boundary_reads_the_same() {
        let bytes = STREAM.as_bytes();
        let expected = ["{\"a\":\"日本\"}", "{\"b\":2}", "[DONE]"];
        for first in 0..=bytes.len() {
            for second in [first, (first + 1).min(bytes.len()), bytes.len()] {
                let pieces = [&bytes[..first], &bytes[first..second], &bytes[second..]];
                assert_eq!(read(&pieces), expected, "broken at {first} and {second}");
            }
        }
    }

    #[test]
    fn a_line_without_end_is_refused_and_a_taker_can_stop() {
        let mut events = Events::default();
        assert!(
            events
                .push(&vec![b'x'; LONGEST_LINE + 1], &mut |_| Ok(true))
                .is_err()
        );
        let mut taken = 0;
        let mut take = |_: &str| {
            taken += 1;
            Ok(false)
        };
        assert!(!Events::default().push(STREAM.as_bytes(), &mut take).unwrap());
        assert_eq!(taken, 1);
    }
}
