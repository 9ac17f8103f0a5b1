//! Where one shard ends and the next begins.
//!
//! The rule is content-defined, as in chunked backups: after a file, its path's hash decides, with a chance
//! that is its size over [`AVERAGE`], whether the shard ends there. What one file decides does not depend on any
//! other, so that after a file is added, changed or removed the boundaries meet again at the next file that
//! ends a shard, and all later shards are the same bytes as before.

use deepwiki_domain::{
    RepoPath,
    manifest::{Shard, ShardFile},
};

/// The size that shards come out at, in bytes of text.
const AVERAGE: u64 = 1 << 20;

/// No shard but the last ends before this size, whatever the hashes say.
const SMALLEST: u64 = AVERAGE / 4;

/// A file that would take a shard past this size begins the next one.
const LARGEST: u64 = AVERAGE * 4;

/// Collects files, in the order of their paths, into shards.
#[derive(Default)]
pub(crate) struct ShardBuilder {
    files: Vec<ShardFile>,
    bytes: u64,
    finished: u32,
}

/// A shard that is complete.
pub(crate) struct FinishedShard {
    /// Its files.
    pub(crate) shard: Shard,
    /// The size of their text in bytes.
    pub(crate) bytes: u64,
}

impl ShardBuilder {
    /// Adds a file; gives its shard's number, and the shards that end with or before it.
    pub(crate) fn add(&mut self, file: ShardFile) -> (u32, impl Iterator<Item = FinishedShard> + use<>) {
        let size = file.text.len() as u64;
        let before = if self.bytes + size > LARGEST {
            self.finish()
        } else {
            None
        };
        let number = self.finished;
        let cut = ends_shard(&file.path, size);
        self.bytes += size;
        self.files.push(file);
        let after = if cut && self.bytes >= SMALLEST {
            self.finish()
        } else {
            None
        };
        (number, before.into_iter().chain(after))
    }

    /// What has been collected; none where there is nothing.
    pub(crate) fn finish(&mut self) -> Option<FinishedShard> {
        if self.files.is_empty() {
            return None;
        }
        self.finished += 1;
        Some(FinishedShard {
            shard: Shard {
                files: std::mem::take(&mut self.files),
            },
            bytes: std::mem::take(&mut self.bytes),
        })
    }
}

/// Whether a shard that is large enough ends after this file.
fn ends_shard(path: &RepoPath, size: u64) -> bool {
    fnv1a(path.as_str()) % AVERAGE < size
}

/// FNV-1a with a final mix; stable for ever, as the standard library's hashers are not.
fn fnv1a(text: &str) -> u64 {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    for byte in text.bytes() {
        hash = (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
    }
    hash ^= hash >> 32;
    hash = hash.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    hash ^ (hash >> 29)
}

#[cfg(test)]
mod tests {
    use deepwiki_domain::{BlobId, manifest::Role};
    use proptest::prelude::*;

    use super::*;

    fn file(path: &str, size: usize) -> ShardFile {
        ShardFile {
            path: RepoPath::new(path).unwrap(),
            blob: BlobId::new("0".repeat(40)).unwrap(),
            language: None,
            role: Role::Source,
            text: "x".repeat(size),
        }
    }

    /// The shards of files that are given by number and size, each as the list of its paths.
    fn shards(files: &[(u16, usize)]) -> Vec<(Vec<String>, u64)> {
        let mut builder = ShardBuilder::default();
        let mut finished = Vec::new();
        for (number, size) in files {
            let (shard, ended) = builder.add(file(&format!("src/{number:05}.rs"), *size));
            let so_far = finished.len() as u32;
            finished.extend(ended);
            assert!(
                shard == so_far || shard as usize + 1 == finished.len() || shard as usize == finished.len()
            );
        }
        finished.extend(builder.finish());
        let paths = |shard: Shard| shard.files.iter().map(|file| file.path.to_string()).collect();
        finished
            .into_iter()
            .map(|finished| (paths(finished.shard), finished.bytes))
            .collect()
    }

    fn files() -> impl Strategy<Value = Vec<(u16, usize)>> {
        let sizes = prop_oneof![0..4_000_usize, 4_000..60_000_usize, 60_000..1_000_000_usize];
        proptest::collection::btree_map(0..5000_u16, sizes, 1..120).prop_map(|map| map.into_iter().collect())
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]

        #[test]
        fn shards_keep_order_and_size(files in files()) {
            let shards = shards(&files);
            let paths: Vec<String> = shards.iter().flat_map(|(paths, _)| paths.clone()).collect();
            let expected: Vec<String> = files.iter().map(|(n, _)| format!("src/{n:05}.rs")).collect();
            prop_assert_eq!(paths, expected);
            prop_assert!(shards.iter().all(|(_, bytes)| *bytes <= LARGEST));
            let last = shards.len() - 1;
            prop_assert!(shards.iter().take(last).all(|(_, bytes)| *bytes >= SMALLEST));
        }

        #[test]
        fn a_changed_file_changes_few_shards(files in files(), at in any::<proptest::sample::Index>()) {
            let before = shards(&files);
            let mut changed = files.clone();
            let at = at.index(changed.len());
            changed[at].1 += 1;
            let after = shards(&changed);
            let same = after.iter().filter(|shard| before.contains(shard)).count();
            prop_assert!(after.len() - same <= 3, "{} of {} shards changed", after.len() - same, after.len());
        }
    }

    #[test]
    fn shards_come_out_at_the_average_size() {
        let files: Vec<(u16, usize)> = (0..5000)
            .map(|n| (n, 2_000 + usize::from(n % 7) * 3_000))
            .collect();
        let shards = shards(&files);
        let average = shards.iter().map(|(_, bytes)| bytes).sum::<u64>() / shards.len() as u64;
        assert!((AVERAGE / 2..AVERAGE * 2).contains(&average), "{average}");
    }
}
