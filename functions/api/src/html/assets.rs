//! Styles, script and icon, named by their content so that browsers may keep them for ever.

/// The style sheet of pages and of the exported site.
pub(crate) const STYLE: &str = include_str!("../../assets/style.css");
const SCRIPT: &str = include_str!("../../assets/app.js");
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
            style: name("style", STYLE, "css"),
            script: name("app", SCRIPT, "js"),
            icon: name("icon", ICON, "svg"),
        }
    }

    /// The media type and content of an asset.
    pub(crate) fn get(&self, name: &str) -> Option<(&'static str, &'static str)> {
        match name {
            _ if name == self.style => Some(("text/css; charset=utf-8", STYLE)),
            _ if name == self.script => Some(("text/javascript; charset=utf-8", SCRIPT)),
            _ if name == self.icon => Some(("image/svg+xml", ICON)),
            _ => None,
        }
    }
}
