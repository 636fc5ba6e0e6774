//! Everything that can happen, on one channel: whatever comes first is taken
//! first, and nothing is looked for in two places.

use crate::files::Changed;
use crate::judge::Told;
use crate::keys::Key;

/// What has happened.
#[derive(Debug)]
pub enum Event {
    /// A key was pressed.
    Key(Key),
    /// A line was typed, in plain mode.
    Line(String),
    /// Nothing will be typed any more. Of a terminal it is a wish to end.
    InputEnded,
    /// The terminal has another size, or lost what was on it.
    Redraw,
    /// The process was resumed: somebody may have set the terminal otherwise.
    Resumed,
    /// The process is asked to end, by this signal.
    End(i32),
    /// The process is asked to give the terminal back for a while.
    Suspend,
    /// A file of the exercise was saved.
    Saved {
        /// What is no longer as it was.
        changed: Changed,
    },
    /// Files are looked at again and again, since changes are not reported.
    Polling(String),
    /// The judge has something to say of the run of this number.
    Judge(u64, Told),
    /// What ran by hand has ended.
    Back(String),
    /// A thread of the lab has failed; what it said is on standard error.
    Broken,
}
