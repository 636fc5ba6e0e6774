//! What the doctor has found, as data.

/// Whether something is as it should be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// It works.
    Good,
    /// The lab can do without.
    Note,
    /// The lab cannot work before it is mended.
    Mend,
}

/// One thing that was tried.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// How it is.
    pub state: State,
    /// What it is about, in a word.
    pub topic: &'static str,
    /// What was found.
    pub text: String,
    /// What to do, a line each.
    pub todo: Vec<String>,
}

impl Finding {
    /// Something that works.
    pub fn good(topic: &'static str, text: impl Into<String>) -> Finding {
        Finding::of(State::Good, topic, text)
    }

    /// Something that the lab can do without.
    pub fn note(topic: &'static str, text: impl Into<String>) -> Finding {
        Finding::of(State::Note, topic, text)
    }

    /// Something that keeps the lab from working.
    pub fn mend(topic: &'static str, text: impl Into<String>) -> Finding {
        Finding::of(State::Mend, topic, text)
    }

    fn of(state: State, topic: &'static str, text: impl Into<String>) -> Finding {
        Finding {
            state,
            topic,
            text: text.into(),
            todo: Vec::new(),
        }
    }

    /// The same with something to do about it.
    pub fn todo(mut self, line: impl Into<String>) -> Finding {
        self.todo.push(line.into());
        self
    }
}
