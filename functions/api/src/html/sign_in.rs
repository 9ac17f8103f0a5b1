//! Where a person shows the token of a service that others can reach.

use axum::{
    http::HeaderMap,
    response::{Html, IntoResponse, Response},
};
use deepwiki_domain::Locale;
use maud::html;

use super::{Reader, layout};
use crate::router::Service;

/// The words of the page.
struct Words {
    title: &'static str,
    token: &'static str,
    wrong: &'static str,
    enter: &'static str,
}

impl Words {
    fn of(locale: Locale) -> Self {
        match locale {
            Locale::En => Self {
                title: "Sign in",
                token: "Access token",
                wrong: "That is not the token.",
                enter: "Sign in",
            },
            Locale::Ja => Self {
                title: "サインイン",
                token: "アクセストークン",
                wrong: "トークンが違います。",
                enter: "サインイン",
            },
        }
    }
}

/// The form, and that it failed where it did.
pub(crate) fn sign_in_page(service: &Service, headers: &HeaderMap, has_failed: bool) -> Response {
    let reader = Reader::new(service, headers, None);
    let words = Words::of(reader.locale);
    let body = html! {
        main #content .plain {
            h1 { (words.title) }
            form method="post" action={ (service.base_path) "/login" } {
                @if has_failed { p role="alert" { (words.wrong) } }
                p {
                    label for="token" { (words.token) } " "
                    input #token type="password" name="token" required autocomplete="current-password";
                }
                p { button type="submit" { (words.enter) } }
            }
        }
    };
    let frame = layout::Frame {
        title: words.title.to_owned(),
        ..layout::Frame::default()
    };
    Html(layout::document(&reader, &frame, &body).into_string()).into_response()
}
