//! Several named files in one blob.
//!
//! `DWSEARCH`, the version, the number of files; for each its name and content, each with its length before
//! it. Numbers are 32 or 64 bits, little-endian.

use deepwiki_domain::search::INDEX_VERSION;

/// What a blob begins with.
const MAGIC: &[u8; 8] = b"DWSEARCH";

/// More files than a generation has.
const MOST_FILES: u32 = 64;

/// Packs the files, in this order.
pub(crate) fn pack(files: &[(String, Vec<u8>)]) -> Vec<u8> {
    let size: usize = files
        .iter()
        .map(|(name, content)| name.len() + content.len() + 12)
        .sum();
    let mut blob = Vec::with_capacity(size + 16);
    blob.extend_from_slice(MAGIC);
    blob.extend_from_slice(&INDEX_VERSION.to_le_bytes());
    blob.extend_from_slice(&(files.len() as u32).to_le_bytes());
    for (name, content) in files {
        blob.extend_from_slice(&(name.len() as u32).to_le_bytes());
        blob.extend_from_slice(name.as_bytes());
        blob.extend_from_slice(&(content.len() as u64).to_le_bytes());
        blob.extend_from_slice(content);
    }
    blob
}

/// Reads what [`pack`] made; none where it is anything else, or of another version.
pub(crate) fn unpack(blob: &[u8]) -> Option<Vec<(&str, &[u8])>> {
    let mut rest = blob.strip_prefix(MAGIC)?;
    let version = take_u32(&mut rest)?;
    let count = take_u32(&mut rest)?;
    if version != INDEX_VERSION || count > MOST_FILES {
        return None;
    }
    let mut files = Vec::new();
    for _ in 0..count {
        let length = take_u32(&mut rest)?;
        let name = std::str::from_utf8(take(&mut rest, length as usize)?).ok()?;
        let length = u64::from_le_bytes(take(&mut rest, 8)?.try_into().ok()?);
        files.push((name, take(&mut rest, usize::try_from(length).ok()?)?));
    }
    rest.is_empty().then_some(files)
}

fn take<'a>(rest: &mut &'a [u8], length: usize) -> Option<&'a [u8]> {
    let (taken, after) = rest.split_at_checked(length)?;
    *rest = after;
    Some(taken)
}

fn take_u32(rest: &mut &[u8]) -> Option<u32> {
    Some(u32::from_le_bytes(take(rest, 4)?.try_into().ok()?))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_was_packed_is_unpacked(files in prop::collection::vec(any::<(String, Vec<u8>)>(), 0..8)) {
            let blob = pack(&files);
            let read = unpack(&blob).unwrap();
            let read: Vec<(String, Vec<u8>)> =
                read.into_iter().map(|(name, content)| (name.to_owned(), content.to_owned())).collect();
            prop_assert_eq!(&read, &files);
            for end in 0..blob.len() {
                prop_assert!(unpack(&blob[..end]).is_none(), "cut short");
            }
        }

        #[test]
        fn damage_is_refused_or_harmless(mut blob in prop::collection::vec(any::<u8>(), 0..80), prefix in any::<bool>()) {
            if prefix {
                blob.splice(0..0, *b"DWSEARCH\x03\x00\x00\x00");
            }
            if let Some(files) = unpack(&blob) {
                let held: usize = files.iter().map(|(name, content)| name.len() + content.len()).sum();
                prop_assert!(held <= blob.len());
            }
        }
    }
}
