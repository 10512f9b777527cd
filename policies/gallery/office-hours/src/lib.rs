//! A check: certificates are issued in windows of time, and not on days that are taken out.

use policy_sdk::{
    prelude::*,
    rules::{NamePattern, TimeWindow},
    text::go_time,
};

policy_sdk::settings! {
    /// `settings` of this policy in `ca.json`.
    pub struct Settings {
        /// When certificates are issued: days, hours, and an offset such as +01:00 when they are not UTC.
        windows: Vec<TimeWindow> = ["Mon-Fri 08:00-18:00"],
        /// Days on which none are, such as 2026-12-25, in UTC.
        closed: Vec<String> = [],
        /// Names that are certified at any time.
        always: Vec<NamePattern> = [],
    }
}

/// The policy, made from its settings.
pub struct OfficeHours {
    settings: Settings,
}

impl Check for OfficeHours {
    fn init(environment: check::Environment) -> Result<(Self, check::Descriptor), Vec<ConfigError>> {
        let settings = Settings::parse(&environment.settings)?;
        let wrong = settings.closed.iter().enumerate().filter(|(_, day)| !is_date(day));
        let mut errors: Vec<_> = wrong
            .map(|(index, day)| {
                ConfigError::at(format!("/settings/closed/{index}"), format!("{day:?} is no date such as 2026-12-25"))
            })
            .collect();
        if settings.windows.is_empty() {
            errors.push(ConfigError::at("/settings/windows", "must have a window: nothing would ever be issued"));
        }
        if errors.is_empty() { Ok((Self { settings }, check::Descriptor::default())) } else { Err(errors) }
    }

    fn review(&self, proposal: &check::Proposal) -> Result<Vec<Edit>, Denial> {
        let (Settings { windows, closed, always }, now) = (&self.settings, proposal.context.now);
        if rules::names_match("office-hours.always", always, &proposal.draft.subject_alt_names).is_ok() {
            return Ok(vec![]);
        }
        if let Some(day) = closed.iter().find(|day| go_time(now).starts_with(day.as_str())) {
            return Err(Denial::forbidden("office-hours.holiday", "no certificates are issued today")
                .field("context.now")
                .got(day)
                .hint("ask again on another day"));
        }
        let is_open = windows.iter().any(|window| window.contains(now));
        match windows.first().filter(|_| !is_open) {
            None => Ok(vec![]),
            // The sentence of the first window: it says what time it is where that window is.
            Some(window) => window.require("office-hours.closed", now).map(|()| vec![]),
        }
    }
}

/// Year, month and day, as `go_time` writes them; days no month has never come.
fn is_date(text: &str) -> bool {
    let shape = |(octet, mark): (u8, u8)| if mark == b'-' { octet == b'-' } else { octet.is_ascii_digit() };
    text.len() == 10 && text.bytes().zip(*b"0000-00-00").all(shape)
}

policy_sdk::check!(OfficeHours, settings: Settings, rules: ["office-hours.closed", "office-hours.holiday"]);
