//! Addresses of everything that can be opened, below the path that the service is mounted at.

use deepwiki_domain::{Locale, RepositoryId, Slug, page::Citation};

/// Makes addresses for one reader: the mount path, and the language to keep while following links.
#[derive(Debug, Clone)]
pub(crate) struct Links {
    base: String,
    language: Option<Locale>,
}

impl Links {
    pub(crate) fn new(base: &str, language: Option<Locale>) -> Self {
        Self {
            base: base.to_owned(),
            language,
        }
    }

    /// The same addresses in this language, named in each of them.
    pub(crate) fn in_language(&self, language: Locale) -> Self {
        Self {
            base: self.base.clone(),
            language: Some(language),
        }
    }

    pub(crate) fn home(&self) -> String {
        self.finish("/".to_owned(), &[])
    }

    pub(crate) fn asset(&self, name: &str) -> String {
        format!("{}/assets/{name}", self.base)
    }

    pub(crate) fn search(&self) -> String {
        format!("{}/search", self.base)
    }

    pub(crate) fn wiki(&self, id: &RepositoryId) -> String {
        self.finish(format!("/wiki/{id}/"), &[])
    }

    pub(crate) fn page(&self, id: &RepositoryId, slug: &Slug) -> String {
        self.finish(format!("/wiki/{id}/{slug}"), &[])
    }

    /// The page with these lines shown beside it.
    pub(crate) fn page_with_lines(&self, id: &RepositoryId, slug: &Slug, at: &Citation) -> String {
        let at = at.to_string();
        format!(
            "{}#excerpt",
            self.finish(format!("/wiki/{id}/{slug}"), &[("at", &at)])
        )
    }

    /// A file with these lines marked.
    pub(crate) fn source(&self, id: &RepositoryId, at: &Citation) -> String {
        let (start, end) = (at.start.to_string(), at.end.to_string());
        let path = format!("/wiki/{id}/source/{}", encode(at.path.as_str(), true));
        format!(
            "{}#L{start}",
            self.finish(path, &[("start", &start), ("end", &end)])
        )
    }

    /// The whole wiki as one file of this format.
    pub(crate) fn export(&self, id: &RepositoryId, format: &str) -> String {
        self.finish(format!("/repos/{id}/export"), &[("format", format)])
    }

    fn finish(&self, path: String, parameters: &[(&str, &str)]) -> String {
        let language = self.language.map(|locale| ("language", locale.tag()));
        let mut address = format!("{}{path}", self.base);
        for (at, (name, value)) in parameters.iter().copied().chain(language).enumerate() {
            address.push(if at == 0 { '?' } else { '&' });
            address.push_str(&format!("{name}={}", encode(value, false)));
        }
        address
    }
}

/// Percent-encodes all but unreserved characters, and `/` where it separates.
pub(crate) fn encode(text: &str, keep_slash: bool) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => {
                encoded.push(char::from(byte));
            }
            b'/' if keep_slash => encoded.push('/'),
            _ => encoded.push_str(&format!("%{byte:02X}")),
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use deepwiki_domain::RepoPath;

    use super::*;

    #[test]
    fn addresses_keep_the_mount_path_and_escape_what_is_not_theirs() {
        let links = Links::new("/prod", None);
        let id = RepositoryId::new("demo-1").unwrap();
        let at = Citation {
            path: RepoPath::new("a b/ä?#&.rs").unwrap(),
            start: 2,
            end: 3,
        };
        assert_eq!(
            links.source(&id, &at),
            "/prod/wiki/demo-1/source/a%20b/%C3%A4%3F%23%26.rs?start=2&end=3#L2"
        );
        assert_eq!(
            links.in_language(Locale::Ja).wiki(&id),
            "/prod/wiki/demo-1/?language=ja"
        );
        assert_eq!(links.asset("style.css"), "/prod/assets/style.css");
    }
}
