//! Deep research: sub-questions are planned, each is looked into, and a report says what follows. Bounded: a plan, an
//! answer and perhaps a mend a sub-question, and the report.

use deepwiki_domain::answer::{AnswerStatus, StepKind};
use deepwiki_model::{inlines, read_object};
use deepwiki_ports::Result;

use super::{Answerer, Composed, Draft, Shown, failed, prompt, texts};

/// Sub-questions at most.
const MOST_QUESTIONS: usize = 4;

impl Answerer<'_> {
    pub(super) async fn research(&mut self) -> Result<Composed> {
        let question = self.question;
        let first = self.look_for(&question.text.clone(), true).await?;
        let questions = self.plan(&first.shown).await;
        for sub in &questions {
            self.step(StepKind::Plan, sub);
        }
        let (mut draft, mut last) = (Draft::default(), Shown::default());
        let mut extracts = first.extracts;
        for sub in &questions {
            self.step(StepKind::Read, sub);
            let sources = self.look_for(sub, false).await?;
            if sources.extracts.status == AnswerStatus::NotFound {
                continue;
            }
            if extracts.status == AnswerStatus::NotFound {
                extracts = sources.extracts;
            }
            // Numbers of repositories go on over all sub-questions, so that findings of one can stand beside those of
            // another.
            last.absorb(sources.shown);
            let asked = prompt::answer(question, sub, &last, self.locale(), &self.model);
            if let Err(error) = self.write(&asked, &last, sub, &mut draft).await {
                failed(&error);
            }
        }
        if draft.is_empty() {
            // Nothing came of the plan: the question itself may still be answered.
            return self.short().await;
        }
        self.step(StepKind::Write, String::new());
        let findings = Shown::of_statements(&draft.statements, last);
        let asked = prompt::report(&question.text, &findings, self.locale(), &self.model);
        if let Err(error) = self.write(&asked, &findings, &question.text, &mut draft).await {
            failed(&error);
        }
        self.see_also(&mut draft, &extracts);
        Ok(draft.finish())
    }

    /// The sub-questions; the question alone where the model plans none that can be shown.
    async fn plan(&mut self, shown: &Shown) -> Vec<String> {
        let reply = match self
            .model
            .converse(&prompt::planning(self.question, &shown.text))
            .await
        {
            Ok(reply) => reply.text,
            Err(error) => {
                failed(&error);
                String::new()
            }
        };
        let object = read_object(&reply).unwrap_or_default();
        let mut questions = texts(object.get("questions"), MOST_QUESTIONS);
        // They are shown as headings: words only.
        questions.retain(|text| inlines(text, &|_| None).is_ok() && !deepwiki_model::addresses_a_model(text));
        if questions.is_empty() {
            questions.push(self.question.text.clone());
        }
        questions
    }
}
