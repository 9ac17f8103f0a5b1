//! The signature of a delivery: HMAC SHA-256 over the body, by a key that GitHub and we share.

use ring::hmac;

/// The keys that are accepted. Two live at a time while one takes over from the other.
pub struct SigningKeys(Vec<hmac::Key>);

impl SigningKeys {
    /// Keys of these secrets; empty ones are none, so that a secret that was never set opens nothing.
    pub fn new<S: AsRef<[u8]>>(secrets: impl IntoIterator<Item = S>) -> Self {
        let secrets = secrets.into_iter();
        let keys = secrets
            .filter(|secret| !secret.as_ref().is_empty())
            .map(|secret| hmac::Key::new(hmac::HMAC_SHA256, secret.as_ref()));
        Self(keys.collect())
    }

    /// Whether `sha256=<hex>` is the signature of these bytes by any of the keys. The comparison takes the same time
    /// wherever the signatures differ.
    pub fn verify(&self, body: &[u8], signature: &str) -> bool {
        let Some(tag) = signature.strip_prefix("sha256=").and_then(from_hex) else {
            return false;
        };
        self.0.iter().any(|key| hmac::verify(key, body, &tag).is_ok())
    }
}

impl std::fmt::Debug for SigningKeys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "SigningKeys({} keys)", self.0.len())
    }
}

/// The 32 bytes of a SHA-256 in hex.
fn from_hex(text: &str) -> Option<Vec<u8>> {
    let digits: Option<Vec<u8>> = text
        .chars()
        .map(|c| c.to_digit(16).and_then(|digit| u8::try_from(digit).ok()))
        .collect();
    let digits = digits.filter(|digits| digits.len() == 64)?;
    let (pairs, _) = digits.as_chunks::<2>();
    Some(pairs.iter().map(|[high, low]| high << 4 | low).collect())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// GitHub's own example, from its page on validating deliveries.
    const SECRET: &str = "It's a Secret to Everybody";
    const BODY: &[u8] = b"Hello, World!";
    const SIGNATURE: &str = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17";

    #[test]
    fn the_published_example_holds() {
        assert!(SigningKeys::new([SECRET]).verify(BODY, SIGNATURE));
        assert!(SigningKeys::new(["the new one", SECRET]).verify(BODY, SIGNATURE));
        assert!(!SigningKeys::new(["the new one"]).verify(BODY, SIGNATURE));
        assert!(!SigningKeys::new([SECRET]).verify(b"Hello, World", SIGNATURE));
    }

    #[test]
    fn what_is_no_signature_is_none() {
        let keys = SigningKeys::new([SECRET]);
        for signature in [
            "",
            "sha256=",
            "sha1=757107ea0eb2509fc211221cce984b8a37570b6d",
            SIGNATURE.trim_start_matches("sha256="),
            &SIGNATURE[..70],
            &format!("{SIGNATURE}00"),
            &SIGNATURE.replace('7', "é"),
        ] {
            assert!(!keys.verify(BODY, signature), "{signature}");
        }
    }

    #[test]
    fn no_secret_opens_nothing() {
        let empty = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, b""), BODY);
        let hex: String = empty.as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
        assert!(!SigningKeys::new([""]).verify(BODY, &format!("sha256={hex}")));
        assert!(!SigningKeys::new(Vec::<String>::new()).verify(BODY, SIGNATURE));
    }

    proptest! {
        #[test]
        fn any_header_is_read(signature in ".{0,200}") {
            let _ = SigningKeys::new([SECRET]).verify(BODY, &signature);
        }

        #[test]
        fn one_changed_bit_is_noticed(at in 0usize..13, bit in 0u8..8) {
            let mut body = BODY.to_vec();
            if let Some(byte) = body.get_mut(at) {
                *byte ^= 1 << bit;
            }
            prop_assert!(!SigningKeys::new([SECRET]).verify(&body, SIGNATURE));
        }
    }
}
