//! What is said around the passages.

use deepwiki_domain::{Locale, answer::AnswerStatus};

pub(crate) fn notice(status: AnswerStatus, locale: Locale) -> &'static str {
    match (status, locale) {
        (AnswerStatus::Composed, Locale::En) => {
            "Composed by a language model. Every sentence was checked against the lines that it cites."
        }
        (AnswerStatus::Composed, Locale::Ja) => {
            "言語モデルが作成した回答です。各文は引用した行と照合済みです。"
        }
        (AnswerStatus::Extracts, Locale::En) => {
            "Extracts from the wiki and the sources, as they stand there. No language model has composed them."
        }
        (AnswerStatus::Extracts, Locale::Ja) => {
            "Wikiとソースコードからの抜粋をそのまま示します。言語モデルによる要約ではありません。"
        }
        (AnswerStatus::NotFound, Locale::En) => {
            "Not found in the sources. Try the names that the code uses, or another repository."
        }
        (AnswerStatus::NotFound, Locale::Ja) => {
            "ソースには見つかりませんでした。コード中の名前で尋ねるか、別のリポジトリを指定してください。"
        }
    }
}
