//! Styles, script and icon, named by their content so that browsers may keep them for ever.

/// The style sheet of wiki pages and of the exported site.
pub(crate) const STYLE: &str = include_str!("../../assets/style.css");
const STYLES: &str = concat!(
    include_str!("../../assets/style.css"),
    include_str!("../../assets/service.css")
);
const SCRIPT: &str = concat!(
    include_str!("../../assets/core.js"),
    include_str!("../../assets/reader.js"),
    include_str!("../../assets/diagram.js"),
    include_str!("../../assets/search.js"),
    include_str!("../../assets/ask.js"),
    include_str!("../../assets/live.js")
);
const ICON: &str = include_str!("../../assets/icon.svg");

/// The assets under their names.
pub(crate) struct Assets {
    pub(crate) style: String,
    pub(crate) script: String,
    pub(crate) icon: String,
}

impl Assets {
    pub(crate) fn new() -> Self {
        let name = |stem: &str, content: &str, extension: &str| {
            let hash = blake3::hash(content.as_bytes()).to_hex();
            format!("{stem}.{}.{extension}", hash.get(..12).unwrap_or_default())
        };
        Self {
            style: name("style", STYLES, "css"),
            script: name("app", SCRIPT, "js"),
            icon: name("icon", ICON, "svg"),
        }
    }

    /// The media type and content of an asset.
    pub(crate) fn get(&self, name: &str) -> Option<(&'static str, &'static str)> {
        match name {
            _ if name == self.style => Some(("text/css; charset=utf-8", STYLES)),
            _ if name == self.script => Some(("text/javascript; charset=utf-8", SCRIPT)),
            _ if name == self.icon => Some(("image/svg+xml", ICON)),
            _ => None,
        }
    }
}
