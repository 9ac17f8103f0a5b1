//! Addresses of everything that can be opened, below the path that the service is mounted at.

use deepwiki_domain::{BuildId, CommitId, Locale, RepositoryId, Slug, page::Citation};

/// Makes addresses for one reader: the mount path, and the language and version to keep while following links.
#[derive(Debug, Clone)]
pub(crate) struct Links {
    base: String,
    language: Option<Locale>,
    /// The build whose wiki of this repository is read, where it was asked for.
    version: Option<(RepositoryId, BuildId)>,
}

impl Links {
    pub(crate) fn new(base: &str, language: Option<Locale>) -> Self {
        Self {
            base: base.to_owned(),
            language,
            version: None,
        }
    }

    /// The same addresses in this language, named in each of them.
    pub(crate) fn in_language(&self, language: Locale) -> Self {
        Self {
            language: Some(language),
            ..self.clone()
        }
    }

    /// The same addresses, those within this repository's wiki as this build made it.
    pub(crate) fn at_version(&self, id: &RepositoryId, build: &BuildId) -> Self {
        Self {
            version: Some((id.clone(), build.clone())),
            ..self.clone()
        }
    }

    /// The same addresses, as they are published.
    pub(crate) fn published(&self) -> Self {
        Self {
            version: None,
            ..self.clone()
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
        self.within(id, format!("/wiki/{id}/"), &[])
    }

    pub(crate) fn page(&self, id: &RepositoryId, slug: &Slug) -> String {
        self.within(id, format!("/wiki/{id}/{slug}"), &[])
    }

    /// The page with these lines shown beside it.
    pub(crate) fn page_with_lines(&self, id: &RepositoryId, slug: &Slug, at: &Citation) -> String {
        let at = at.to_string();
        format!(
            "{}#excerpt",
            self.within(id, format!("/wiki/{id}/{slug}"), &[("at", &at)])
        )
    }

    /// A file with these lines marked.
    pub(crate) fn source(&self, id: &RepositoryId, at: &Citation) -> String {
        let (start, end) = (at.start.to_string(), at.end.to_string());
        let path = format!("/wiki/{id}/source/{}", encode(at.path.as_str(), true));
        format!(
            "{}#L{start}",
            self.within(id, path, &[("start", &start), ("end", &end)])
        )
    }

    /// A page's diagram alone.
    pub(crate) fn diagram(&self, id: &RepositoryId, slug: &Slug, at: u32) -> String {
        self.within(id, format!("/wiki/{id}/{slug}/diagrams/{at}"), &[])
    }

    /// These lines as this commit has them, beside the wiki's first page.
    pub(crate) fn lines_of(&self, id: &RepositoryId, commit: &CommitId, at: &Citation) -> String {
        let at = at.to_string();
        let parameters = [("at", at.as_str()), ("build", commit.as_str())];
        format!("{}#excerpt", self.finish(format!("/wiki/{id}/"), &parameters))
    }

    /// The page to ask on, about this repository or all of them, with this question.
    pub(crate) fn ask(&self, id: Option<&RepositoryId>, question: Option<&str>) -> String {
        let id = id.map(|id| ("repository", id.as_str()));
        let parameters: Vec<_> = id.into_iter().chain(question.map(|text| ("q", text))).collect();
        self.finish("/ask".to_owned(), &parameters)
    }

    /// The form that adds a repository.
    pub(crate) fn add(&self) -> String {
        self.finish("/manage/add".to_owned(), &[])
    }

    /// A repository's builds and settings.
    pub(crate) fn repository(&self, id: &RepositoryId) -> String {
        self.finish(format!("/manage/{id}"), &[])
    }

    /// The same, with what came of a form.
    pub(crate) fn repository_noting(&self, id: &RepositoryId, note: &str) -> String {
        self.finish(format!("/manage/{id}"), &[("note", note)])
    }

    /// Where a build of the repository is asked for.
    pub(crate) fn build(&self, id: &RepositoryId) -> String {
        self.finish(format!("/manage/{id}/build"), &[])
    }

    pub(crate) fn remove(&self, id: &RepositoryId) -> String {
        self.finish(format!("/manage/{id}/remove"), &[])
    }

    pub(crate) fn purge(&self, id: &RepositoryId) -> String {
        self.finish(format!("/manage/{id}/purge"), &[])
    }

    /// A build and how far it is.
    pub(crate) fn job(&self, id: &BuildId) -> String {
        self.finish(format!("/manage/builds/{id}"), &[])
    }

    /// Where a build that failed is gone on with.
    pub(crate) fn resume(&self, id: &BuildId) -> String {
        self.finish(format!("/manage/builds/{id}/resume"), &[])
    }

    /// A build's progress as events.
    pub(crate) fn job_events(&self, id: &BuildId) -> String {
        format!("{}/jobs/{id}/events", self.base)
    }

    /// What was flagged, in one repository or in all.
    pub(crate) fn corrections(&self, id: Option<&RepositoryId>) -> String {
        let id: Vec<_> = id.map(|id| ("repository", id.as_str())).into_iter().collect();
        self.finish("/manage/corrections".to_owned(), &id)
    }

    /// The form that flags a statement of a page, by its place.
    pub(crate) fn wrong(&self, id: &RepositoryId, slug: &Slug, statement: Option<usize>) -> String {
        let place = statement.map(|at| at.to_string());
        let place: Vec<_> = place.iter().map(|at| ("statement", at.as_str())).collect();
        self.finish(format!("/wiki/{id}/{slug}/wrong"), &place)
    }

    /// The whole wiki as one file of this format.
    pub(crate) fn export(&self, id: &RepositoryId, format: &str) -> String {
        self.within(id, format!("/repos/{id}/export"), &[("format", format)])
    }

    /// The wikis that a repository has had.
    pub(crate) fn versions(&self, id: &RepositoryId) -> String {
        self.finish(format!("/repos/{id}/versions"), &[])
    }

    /// What changed from one build to another.
    pub(crate) fn changes(&self, id: &RepositoryId, from: &BuildId, to: &BuildId) -> String {
        let parameters = [("from", from.as_str()), ("to", to.as_str())];
        self.finish(format!("/repos/{id}/changes"), &parameters)
    }

    /// Which repository depends on which.
    pub(crate) fn map(&self) -> String {
        self.finish("/map".to_owned(), &[])
    }

    /// An address within a repository's wiki.
    fn within(&self, id: &RepositoryId, path: String, parameters: &[(&str, &str)]) -> String {
        let version = self.version.as_ref().filter(|(read, _)| read == id);
        let mut all = parameters.to_vec();
        all.extend(version.map(|(_, build)| ("build", build.as_str())));
        self.finish(path, &all)
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

    #[test]
    fn a_version_is_kept_within_its_own_wiki() {
        let [id, other] = ["demo-1", "demo-2"].map(|id| RepositoryId::new(id).unwrap());
        let build = BuildId::new("b-1").unwrap();
        let links = Links::new("", Some(Locale::Ja)).at_version(&id, &build);
        assert_eq!(links.wiki(&id), "/wiki/demo-1/?build=b-1&language=ja");
        assert_eq!(links.wiki(&other), "/wiki/demo-2/?language=ja");
        assert_eq!(links.published().wiki(&id), "/wiki/demo-1/?language=ja");
    }
}
