//! What a protocol can ask for and this room does not have yet: a study that asks for it is not opened to be read, because a reader could not finish a case.
//!
//! Refuses: to decide anything about a read. It knows only what the form and the screen can draw.

use tiresias_reads::protocol::{Level, Per, Protocol, QuestionKind};

/// What the room lacks for a protocol, as the words of a sentence; `None` when a case can be read in it from opening to lock.
pub(crate) fn lacks(protocol: &Protocol) -> Option<&'static str> {
    let form = protocol.form();
    let asks = |per| form.questions().iter().any(|q| q.per == per);
    let wants = |kind: fn(&QuestionKind) -> bool| form.questions().iter().any(|q| kind(&q.kind));
    let missing = [
        (protocol.conditions().iter().any(|c| c.ai.parts().is_some()), "conditions with AI"),
        (asks(Per::Unit), "questions about each side or region"),
        (asks(Per::Mark), "questions about each mark"),
        (wants(|k| matches!(k, QuestionKind::Choices(_))), "questions with several options at once"),
        (wants(|k| matches!(k, QuestionKind::Number(_))), "questions for a number that is not on a scale"),
        (wants(|k| matches!(k, QuestionKind::Text(_))), "questions for words"),
        (form.rules().iter().any(|r| r.level == Level::Soft), "rules that may be locked over"),
        (protocol.marks().is_some_and(|m| !m.classes.is_empty()), "classes of marks"),
        (protocol.training().is_some(), "training"),
    ];
    missing.into_iter().find(|(lacks, _)| *lacks).map(|(_, what)| what)
}

#[cfg(test)]
mod tests {
    use super::*;
    use tiresias_reads::protocol::template;

    #[test]
    fn what_the_room_cannot_draw_is_said() {
        let of = |text: &str| lacks(&Protocol::parse(text).unwrap());
        assert_eq!(of(crate::demo::PROTOCOL), None);
        assert_eq!(of(template("mammography").unwrap().text), Some("conditions with AI"));
        assert_eq!(of(template("ordinal").unwrap().text), Some("questions for a number that is not on a scale"));
    }
}
