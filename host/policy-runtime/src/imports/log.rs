//! `step:policy/log`: what a policy has to say, and the last words of one that panics.

use tracing::Level;

use super::price;
use crate::call::Guest;
use crate::contract::LogLevel;
use crate::contract::imports::log::Host;
use crate::text::printable;
use crate::trace::LogLine;

/// Longest panic text that is kept, in octets.
const PANIC: usize = 1 << 10;

impl Host for Guest {
    fn write(&mut self, level: LogLevel, message: String, fields: Vec<(String, String)>) -> wasmtime::Result<()> {
        let texts = fields.iter().map(|(name, value)| name.len().saturating_add(value.len()));
        let octets = texts.fold(message.len(), usize::saturating_add);
        self.meter.host_call(price::call(price::octets(octets).saturating_add(price::items(fields.len()))))?;
        let (module, provisioner) = (self.assignment.module.name(), self.assignment.provisioner.as_str());
        if let Some(line) = self.log.write(level, message, fields) {
            emit(module, provisioner, line);
        }
        Ok(())
    }

    fn panicked(&mut self, message: String) -> wasmtime::Result<()> {
        self.meter.host_call(price::call(price::octets(message.len())))?;
        self.panic = Some(printable(message, PANIC));
        Ok(())
    }
}

/// Hands a line to the process's log. What request it belongs to is said by the span the call runs in.
fn emit(module: &str, provisioner: &str, line: &LogLine) {
    let LogLine { level, message, fields } = line;
    // The level of an event is part of its static description.
    match level {
        LogLevel::Debug => tracing::event!(target: "policy", Level::DEBUG, module, provisioner, ?fields, "{message}"),
        LogLevel::Info => tracing::event!(target: "policy", Level::INFO, module, provisioner, ?fields, "{message}"),
        LogLevel::Warn => tracing::event!(target: "policy", Level::WARN, module, provisioner, ?fields, "{message}"),
        LogLevel::Error => tracing::event!(target: "policy", Level::ERROR, module, provisioner, ?fields, "{message}"),
    }
}

/// The lines of one call, as far as there is room for them.
pub(crate) struct LogBook {
    room: usize,
    lines: Vec<LogLine>,
    dropped: u32,
}

impl LogBook {
    /// What a line takes besides its text, so that empty ones are not free.
    const LINE: usize = 16;

    pub(crate) fn new(room: usize) -> Self {
        Self { room, lines: Vec::new(), dropped: 0 }
    }

    /// Keeps a line, cut to the room there is, or counts it as dropped.
    fn write(&mut self, level: LogLevel, message: String, fields: Vec<(String, String)>) -> Option<&LogLine> {
        let Some(mut room) = self.room.checked_sub(Self::LINE) else {
            self.dropped = self.dropped.saturating_add(1);
            return None;
        };
        let mut fit = |text: String| {
            let text = printable(text, room);
            room = room.saturating_sub(text.len());
            text
        };
        let message = fit(message);
        // One line's fields are bounded like lines are: a name and a value of nothing take room too.
        let fields = fields.into_iter().take(Self::LINE).map(|(name, value)| (fit(name), fit(value))).collect();
        self.room = room;
        self.lines.push(LogLine { level, message, fields });
        self.lines.last()
    }

    /// Lines kept, and the number of those that were not.
    pub(crate) fn take(&mut self) -> (Vec<LogLine>, u32) {
        (std::mem::take(&mut self.lines), self.dropped)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_book_keeps_no_more_than_it_has_room_for() {
        let mut book = LogBook::new(64);
        assert_eq!(book.write(LogLevel::Info, "x".repeat(100), Vec::new()).unwrap().message.len(), 48);
        assert!(book.write(LogLevel::Info, String::new(), Vec::new()).is_none());
        let (lines, dropped) = book.take();
        assert_eq!((lines.len(), dropped), (1, 1));
    }

    #[test]
    fn empty_lines_take_room_too() {
        let mut book = LogBook::new(1_024);
        for _ in 0..1_000 {
            book.write(LogLevel::Info, String::new(), Vec::new());
        }
        assert_eq!(book.take().0.len(), 64);
    }
}
