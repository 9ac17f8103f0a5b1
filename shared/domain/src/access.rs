//! Who asks, and what they may see and do.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::repository::Repository;

/// The longest name of a group, in characters: what Cognito allows.
pub const LONGEST_GROUP: usize = 128;

/// The most groups of a repository.
pub const MOST_GROUPS: usize = 50;

/// What somebody may do. Each may do what those before it may.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Read, search, ask, flag what is wrong.
    #[default]
    Reader,
    /// Register repositories and build them.
    Operator,
    /// Decide who sees what, remove and purge.
    Admin,
}

impl Role {
    /// A stable name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Reader => "reader",
            Self::Operator => "operator",
            Self::Admin => "admin",
        }
    }

    /// The role of this name.
    pub fn of_name(name: &str) -> Option<Self> {
        [Self::Reader, Self::Operator, Self::Admin]
            .into_iter()
            .find(|role| role.name() == name)
    }
}

/// Somebody who asks, as far as they have shown who they are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Principal {
    /// A stable name for records, such as a user's id; never shown to other readers.
    pub name: String,
    /// What they may do.
    pub role: Role,
    /// The groups that they belong to.
    pub groups: BTreeSet<String>,
}

impl Principal {
    /// The person at this machine, who may do everything.
    pub fn local() -> Self {
        Self {
            name: "local".to_owned(),
            role: Role::Admin,
            groups: BTreeSet::new(),
        }
    }

    /// Whether they may see a repository: one without groups is for everybody, an administrator sees all.
    pub fn may_see(&self, repository: &Repository) -> bool {
        self.role == Role::Admin
            || repository.groups.is_empty()
            || repository.groups.iter().any(|group| self.groups.contains(group))
    }

    /// Whether they may do what this role may.
    pub fn may(&self, needed: Role) -> bool {
        self.role >= needed
    }
}

/// Whether a group can be called this.
pub fn is_group_name(name: &str) -> bool {
    (1..=LONGEST_GROUP).contains(&name.chars().count())
        && name
            .chars()
            .all(|c| !c.is_control() && !c.is_whitespace() && c != ',')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{repository::RepositoryStatus, source::RepositorySource};

    fn repository(groups: &[&str]) -> Repository {
        let source = RepositorySource::parse_url("https://github.com/a/b").unwrap();
        Repository {
            id: source.repository_id(),
            display_name: source.name().to_owned(),
            source,
            revision: None,
            status: RepositoryStatus::Ready,
            locales: Vec::new(),
            published: None,
            groups: groups.iter().map(|group| (*group).to_owned()).collect(),
            registered_at: 0,
            removed_at: None,
        }
    }

    #[test]
    fn a_repository_with_groups_is_seen_by_their_members_and_administrators() {
        let of = |role, groups: &[&str]| Principal {
            name: "somebody".to_owned(),
            role,
            groups: groups.iter().map(|group| (*group).to_owned()).collect(),
        };
        let (open, closed) = (repository(&[]), repository(&["payments", "audit"]));
        for (principal, sees_closed) in [
            (of(Role::Reader, &[]), false),
            (of(Role::Operator, &["sales"]), false),
            (of(Role::Reader, &["sales", "audit"]), true),
            (of(Role::Admin, &[]), true),
        ] {
            assert!(principal.may_see(&open));
            assert_eq!(principal.may_see(&closed), sees_closed, "{principal:?}");
        }
        assert!(of(Role::Operator, &[]).may(Role::Reader) && !of(Role::Operator, &[]).may(Role::Admin));
    }

    #[test]
    fn group_names_can_stand_in_lists() {
        for (name, valid) in [
            ("payments", true),
            ("決済", true),
            ("", false),
            ("a b", false),
            ("a,b", false),
        ] {
            assert_eq!(is_group_name(name), valid, "{name:?}");
        }
        assert!(!is_group_name(&"a".repeat(LONGEST_GROUP + 1)));
    }
}
