//! How the program's own messages look: as Go's log package writes them, in UTC, `2026/08/21 09:30:00 text`.

use std::fmt;

use time::{OffsetDateTime, format_description::BorrowedFormatItem, macros::format_description};
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::{
    fmt::{FmtContext, FormatEvent, FormatFields, format::Writer},
    registry::LookupSpan,
};

/// The time now, as Go's log package stamps a line.
pub(super) fn stamp() -> String {
    const TIME: &[BorrowedFormatItem<'_>] = format_description!("[year]/[month]/[day] [hour]:[minute]:[second]");
    OffsetDateTime::now_utc().format(TIME).expect("every time has these members")
}

/// The time, the level when it is not the usual one, the text, and the fields.
pub(super) struct GoStyle;

impl<S, N> FormatEvent<S, N> for GoStyle
where
    S: Subscriber + for<'span> LookupSpan<'span>,
    N: for<'writer> FormatFields<'writer> + 'static,
{
    fn format_event(&self, context: &FmtContext<'_, S, N>, mut writer: Writer<'_>, event: &Event<'_>) -> fmt::Result {
        writer.write_str(&stamp())?;
        writer.write_str(match *event.metadata().level() {
            Level::ERROR => " ERROR ",
            Level::WARN => " WARNING ",
            Level::INFO => " ",
            Level::DEBUG => " DEBUG ",
            Level::TRACE => " TRACE ",
        })?;
        context.format_fields(writer.by_ref(), event)?;
        writeln!(writer)
    }
}
