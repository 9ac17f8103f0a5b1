//! Repository text on its way into a prompt: lines that speak to a model are withheld, characters that nobody sees
//! are taken out, and the rest stands between marks that the text cannot contain.

use std::{borrow::Cow, sync::LazyLock};

use deepwiki_domain::markdown::is_disruptive;
use regex::RegexSet;

/// What stands in place of a withheld line, so that every line keeps its number.
const WITHHELD: &str = "[line withheld: it addresses a language model]";

/// How far a passage that addresses a model reaches beyond the line that gives it away, in lines to either side.
const REACH: usize = 8;

/// Text as a model may be shown it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shown {
    /// The text, with as many lines as before.
    pub text: String,
    /// Which lines are withheld, counted from 0.
    pub withheld: Vec<usize>,
}

/// Puts text between marks that follow from its content: the same for the same text, not to be guessed by who wrote
/// it. `label` is ours and says what the text is.
pub fn fence(label: &str, text: &str) -> String {
    let digest = blake3::hash(text.as_bytes()).to_hex();
    let mut mark = digest.as_str().get(..16).unwrap_or_default().to_owned();
    while text.contains(&mark) {
        mark = blake3::hash(mark.as_bytes())
            .to_hex()
            .as_str()
            .get(..16)
            .unwrap_or_default()
            .to_owned();
    }
    format!(
        "<data-{mark} kind=\"{label}\">\n{}\n</data-{mark}>\n",
        text.trim_end_matches('\n')
    )
}

/// Withholds the lines that address a model, with the prose around them, and drops characters that nobody sees.
pub fn scan(text: &str) -> Shown {
    let lines: Vec<Cow<'_, str>> = text.lines().map(visible).collect();
    let mut hidden = vec![false; lines.len()];
    for (at, line) in lines.iter().enumerate() {
        if !addresses_a_model(line) {
            continue;
        }
        let before = lines.get(..at).unwrap_or_default().iter().rev().take(REACH);
        let reach_before = before.take_while(|line| is_prose(line)).count();
        let after = lines.get(at + 1..).unwrap_or_default().iter().take(REACH);
        let reach_after = after.take_while(|line| is_prose(line)).count();
        for flag in hidden
            .iter_mut()
            .take(at + 1 + reach_after)
            .skip(at - reach_before)
        {
            *flag = true;
        }
    }
    let mut shown = Shown {
        text: String::with_capacity(text.len()),
        withheld: Vec::new(),
    };
    for (at, (line, hidden)) in lines.iter().zip(hidden).enumerate() {
        if at > 0 {
            shown.text.push('\n');
        }
        if hidden {
            shown.withheld.push(at);
        }
        shown.text.push_str(if hidden { WITHHELD } else { line });
    }
    shown
}

/// Whether a line looks like words to a model rather than to a person or a compiler.
pub fn addresses_a_model(line: &str) -> bool {
    static TO_A_MODEL: LazyLock<RegexSet> = LazyLock::new(|| {
        // The patterns are constants; a test compiles them.
        RegexSet::new(PATTERNS).unwrap_or_else(|_| RegexSet::empty())
    });
    TO_A_MODEL.is_match(line)
        || long_names(line).any(|name| TO_A_MODEL.is_match(&name.replace(['_', '-'], " ")))
}

/// Names of files and the like that are whole sentences.
fn long_names(line: &str) -> impl Iterator<Item = &str> {
    const FEWEST_JOINTS: usize = 4;
    let names = line.split(|c: char| c.is_whitespace() || matches!(c, '`' | '/' | '"' | '[' | ']'));
    names.filter(|name| name.matches(['_', '-']).count() >= FEWEST_JOINTS)
}

/// Forms of address that public collections of prompt injections have in common, in both languages of the wiki.
const PATTERNS: [&str; 18] = [
    r"(?i)\b(ignore|disregard|forget|override|bypass|skip|drop)\W+(\w+\W+){0,5}(instruction|prompt|rule|direction|guideline|directive|programming|constraint|restriction)s?\b",
    r"(?i)\b(ignore|disregard|forget)\W+(everything|anything|all)\W+(\w+\W+){0,3}(above|before|previous|prior|said|told|know)\b",
    r"(?i)\b(new|updated|revised|additional|real|actual|hidden|secret)\W+(system\W+)?(instruction|directive|prompt)s?\s*:",
    r"(?i)\b(you are|you're|act|behave|respond|pretend to be|roleplay)\s+(now\s+)?(as\s+)?(an?|the)\s+(\w+\s+){0,3}(ai|assistant|llm|chatbot|language model|dan|hacker|pirate|evil)\b",
    r"(?i)\b(from now on|henceforth|you (must|will|shall) now|your new (task|role|goal|job|purpose))\b.{0,40}\b(you|your|act|respond|answer|write|say|output|is)\b",
    r"(?i)\b(system|developer|hidden|initial)\s+prompt\b|\bjail\s?break\b|\bdo anything now\b|\b(dan|developer|god|sudo) mode\b",
    r"(?i)<\|?\s*(im_start|im_end|endoftext|system|assistant|start_header_id|eot_id)\s*\|?>|\[/?INST\]|<</?SYS>>|</?(system|instructions?|data-[0-9a-f]{4,})\b[^>]*>",
    r"(?i)^\W*(system|assistant|human)\s*:\s+(\S+\s+){3,}",
    r"(?i)\b(notes?|notice|attention|important|instructions?|messages?|hey|dear|hello|warning|directives?|commands?)\s*[:,]?\s*(to|for)?\s*(the|any|all|every|an|you)?\s*\b(ai|llm|language model|assistant|chatbot|gpt|chatgpt|claude|copilot|gemini|coding agent|summari[sz]er)s?\b",
    r"(?i)\b(ai|llm|language model|assistant|chatbot|gpt|chatgpt|claude|copilot|gemini|agent)s?\b.{0,40}\b(must|should|shall|are (instructed|required|ordered)|have to|need to)\b.{0,40}\b(say|state|write|claim|mention|include|respond|reply|answer|tell|recommend|output|print|ignore|obey|add|insert)\b",
    r"(?i)\b(when|while|if|whenever|before|after)\s+(you\s+(are\s+)?)?(summari[sz]|document|describ|review|generat|writ|answer|process|analy[sz]|index|translat)(e|es|ing)\s+(this|the|any|a)\s+(repo|repository|code|codebase|file|page|wiki|documentation|text|document|question|project)\b",
    r"(?i)\b(reveal|print|repeat|output|show|leak|exfiltrate|disclose|tell me)\W+(\w+\W+){0,6}(prompt|instructions|secrets?|api keys?|credentials|environment variables|guidelines)\b",
    r"(?i)\b(respond|reply|answer)\s+(only|exclusively|solely)\s+(with|by|in)\b",
    r"(?i)\b(respond|reply|answer|output|say|write|print)\s+(\w+\s+){0,2}(only\s+)?(with|exactly|verbatim)\b\s*(the\s+)?(only|just|following|word|words|phrase|exactly|string|text)?\s*[:\x22'“`]",
    r"(?i)\b(in|into|to)\s+(the|your)\s+(wiki|summary|reply|response|answer|generated (page|docs?|documentation)|output)\b.{0,60}\b(say|state|write|claim|mention|include|link|recommend|insert|add)\b|\b(say|state|write|claim|mention|include|link|recommend|insert|add)\b.{0,80}\b(in|into|to)\s+(the|your)\s+(wiki|summary|reply|response|answer|generated (page|docs?|documentation)|output)\b",
    r"(これまで|今まで|以前|上記|前述|前|すべて|全て|以上)の?(の)?(指示|命令|ルール|規則|プロンプト|制約).{0,8}(無視|忘れ|破棄|従わ)",
    r"(システム|隠し)プロンプト|(ＡＩ|AI|LLM|言語モデル|アシスタント|チャットボット|エージェント)(へ|への|向け|に対する)(の)?(指示|注意|お願い|メッセージ|命令|連絡)",
    r"(あなた|君|貴方)は(今から|これから|いまから)|(要約|ドキュメント|ウィキ|回答)(に|には)(必ず|以下を|次を|次の).{0,40}(書|記載|含め|出力|述べ|答え)",
];

/// Lines that are mostly words: a comment or a paragraph, not code.
fn is_prose(line: &str) -> bool {
    let words = line
        .split_whitespace()
        .filter(|word| word.chars().filter(|c| c.is_alphabetic()).count() >= 2);
    let letters = line
        .chars()
        .filter(|c| c.is_alphabetic() || c.is_whitespace())
        .count();
    let all = line.chars().count();
    let wide = line
        .chars()
        .filter(|c| !c.is_ascii() && c.is_alphabetic())
        .count();
    (words.count() >= 3 || wide >= 8) && letters * 5 >= all * 4
}

/// The line without characters that a reader does not see but a model does.
fn visible(line: &str) -> Cow<'_, str> {
    let unseen = |c: char| {
        (is_disruptive(c) && c != '\t')
            || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{ad}')
            || ('\u{e0000}'..='\u{e0fff}').contains(&c)
    };
    if line.contains(unseen) {
        Cow::Owned(line.chars().filter(|c| !unseen(*c)).collect())
    } else {
        Cow::Borrowed(line)
    }
}

#[cfg(test)]
mod tests;
