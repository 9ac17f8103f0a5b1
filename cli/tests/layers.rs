//! The direction of dependencies, held against what Cargo itself says of the workspace.
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test may fail where it stands"
)]

use std::{collections::BTreeMap, process::Command};

use serde_json::Value;

const DOMAIN: &str = "deepwiki-domain";
const PORTS: &str = "deepwiki-ports";
const CODE: &str = "deepwiki-code";
const MODEL: &str = "deepwiki-model";
const AWS: &str = "deepwiki-aws";

/// A dependency outside of tests: its name, and whether a feature has to ask for it.
type Dependencies = Vec<(String, bool)>;

/// Every crate of the workspace by name: its folder and its dependencies outside of tests.
fn workspace() -> BTreeMap<String, (String, Dependencies)> {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/..");
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--no-deps", "--offline"])
        .current_dir(root)
        .output()
        .expect("cargo runs");
    let metadata: Value = serde_json::from_slice(&output.stdout).expect("cargo prints JSON");
    let crates = metadata["packages"]
        .as_array()
        .expect("packages")
        .iter()
        .map(|package| {
            let manifest = package["manifest_path"]
                .as_str()
                .expect("a path")
                .replace('\\', "/");
            let folder = manifest
                .trim_end_matches("/Cargo.toml")
                .rsplit('/')
                .take(2)
                .collect::<Vec<_>>();
            let dependencies = package["dependencies"].as_array().expect("dependencies").iter();
            let dependencies = dependencies
                .filter(|dependency| dependency["kind"].is_null())
                .map(|dependency| {
                    let name = dependency["name"].as_str().expect("a name").to_owned();
                    (name, dependency["optional"].as_bool().unwrap_or_default())
                })
                .collect();
            let name = package["name"].as_str().expect("a name").to_owned();
            (name, (format!("{}/{}", folder[1], folder[0]), dependencies))
        });
    crates.collect()
}

#[test]
fn each_crate_depends_only_on_the_layers_below_it() {
    let allowed: BTreeMap<&str, &[&str]> = BTreeMap::from([
        (DOMAIN, &[] as &[&str]),
        (CODE, &[DOMAIN]),
        (PORTS, &[DOMAIN]),
        ("deepwiki-git", &[DOMAIN, PORTS]),
        ("deepwiki-search", &[DOMAIN, PORTS]),
        ("deepwiki-embedding", &[DOMAIN, PORTS]),
        (MODEL, &[DOMAIN, PORTS]),
        ("deepwiki-openai", &[DOMAIN, PORTS]),
        ("deepwiki-local", &[DOMAIN, PORTS]),
        (AWS, &[DOMAIN, PORTS, "deepwiki-git"]),
    ]);
    let workspace = workspace();
    let mut checked = 0;
    for (name, (folder, dependencies)) in &workspace {
        let ours = dependencies
            .iter()
            .filter(|(name, _)| workspace.contains_key(name));
        for (dependency, optional) in ours {
            let holds = match allowed.get(name.as_str()) {
                Some(allowed) => allowed.contains(&dependency.as_str()),
                // What measures may use whatever it measures.
                None if folder.starts_with("benches/") => dependency != AWS,
                // What simulates the whole is made of all of it.
                None if folder == "tests/faults" => true,
                // The service does by the same libraries what the functions of these names do.
                None if name == "deepwiki-api"
                    && ["deepwiki-ask", "deepwiki-webhook"].contains(&dependency.as_str()) =>
                {
                    true
                }
                // A function's library sees model, ports, code and domain alone; adapters come with its main.
                None if folder.starts_with("functions/") => {
                    *optional || [DOMAIN, PORTS, CODE, MODEL].contains(&dependency.as_str())
                }
                None => name == "deepwiki" && (dependency != AWS || *optional),
            };
            assert!(holds, "{name} ({folder}) must not depend on {dependency}");
            checked += 1;
        }
    }
    assert!(checked > 30, "the workspace was not seen: {checked} dependencies");
}

#[test]
fn sdk_crates_stay_with_the_aws_adapter_and_the_mains() {
    for (name, (folder, dependencies)) in workspace() {
        for (dependency, optional) in dependencies {
            let sdk = dependency.starts_with("aws") || dependency.starts_with("lambda_");
            let at_home = name == AWS || (folder.starts_with("functions/") && optional);
            assert!(!sdk || at_home, "{name} must not depend on {dependency}");
        }
    }
}

#[test]
fn the_domain_does_no_input_or_output() {
    let (_, dependencies) = &workspace()[DOMAIN];
    for banned in ["tokio", "async-trait", "reqwest", "gix", "rayon", "tracing"] {
        assert!(
            dependencies.iter().all(|(name, _)| name != banned),
            "the domain must not depend on {banned}"
        );
    }
}
