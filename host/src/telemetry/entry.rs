//! One line of the request log, in upstream's three formats.

use std::{fmt::Write as _, time::Duration};

use authority::Timestamp;
use go_duration::GoDuration;
use serde::Serialize;

use crate::config::LogFormat;

/// One answered request.
#[derive(Clone, Debug)]
pub(crate) struct Entry<'a> {
    pub(crate) request_id: &'a str,
    pub(crate) remote_address: &'a str,
    pub(crate) started: Timestamp,
    pub(crate) duration: Duration,
    pub(crate) method: &'a str,
    /// The request target as received, query included.
    pub(crate) path: &'a str,
    pub(crate) protocol: &'a str,
    pub(crate) status: u16,
    /// Octets of body in the answer.
    pub(crate) size: u64,
    pub(crate) referer: &'a str,
    pub(crate) user_agent: &'a str,
    pub(crate) error: Option<&'a str>,
}

/// What upstream's logger is called.
const NAME: &str = "ca";

impl Entry<'_> {
    /// The line, as of `now`, without a line feed.
    pub(super) fn line(&self, format: LogFormat, now: Timestamp) -> String {
        match format {
            LogFormat::Text => self.text(now),
            LogFormat::Json => self.json(now),
            LogFormat::Common => self.common(),
        }
    }

    fn level(&self) -> &'static str {
        match self.status {
            500.. => "error",
            400.. => "warning",
            _ => "info",
        }
    }

    fn duration(&self) -> GoDuration {
        GoDuration::try_from(self.duration).unwrap_or(GoDuration::from_nanos(i64::MAX))
    }

    fn text(&self, now: Timestamp) -> String {
        let mut line = String::with_capacity(512);
        let (duration, status, size) = (self.duration(), self.status.to_string(), self.size.to_string());
        let (duration_text, nanos) = (duration.to_string(), duration.as_nanos().to_string());
        let fields = [
            ("time", Some(&*now.to_string())),
            ("level", Some(self.level())),
            ("duration", Some(&duration_text)),
            ("duration-ns", Some(&nanos)),
            ("error", self.error),
            ("fields.time", Some(&self.started.to_string())),
            ("method", Some(self.method)),
            ("name", Some(NAME)),
            ("path", Some(self.path)),
            ("protocol", Some(self.protocol)),
            ("referer", Some(self.referer)),
            ("remote-address", Some(self.remote_address)),
            ("request-id", Some(self.request_id)),
            ("size", Some(&size)),
            ("status", Some(&status)),
            ("user-agent", Some(self.user_agent)),
            ("user-id", Some("")),
        ];
        for (name, value) in fields.into_iter().filter_map(|(name, value)| Some((name, value?))) {
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(name);
            line.push('=');
            push_value(&mut line, value);
        }
        line
    }

    fn json(&self, now: Timestamp) -> String {
        #[derive(Serialize)]
        struct Line<'a> {
            duration: GoDuration,
            #[serde(rename = "duration-ns")]
            duration_ns: i64,
            #[serde(skip_serializing_if = "Option::is_none")]
            error: Option<&'a str>,
            #[serde(rename = "fields.time")]
            started: String,
            level: &'static str,
            method: &'a str,
            msg: &'static str,
            name: &'static str,
            path: &'a str,
            protocol: &'a str,
            referer: &'a str,
            #[serde(rename = "remote-address")]
            remote_address: &'a str,
            #[serde(rename = "request-id")]
            request_id: &'a str,
            size: u64,
            status: u16,
            time: String,
            #[serde(rename = "user-agent")]
            user_agent: &'a str,
            #[serde(rename = "user-id")]
            user_id: &'static str,
        }
        let line = Line {
            duration: self.duration(),
            duration_ns: self.duration().as_nanos(),
            error: self.error,
            started: self.started.to_string(),
            level: self.level(),
            method: self.method,
            msg: "",
            name: NAME,
            path: self.path,
            protocol: self.protocol,
            referer: self.referer,
            remote_address: self.remote_address,
            request_id: self.request_id,
            size: self.size,
            status: self.status,
            time: now.to_string(),
            user_agent: self.user_agent,
            user_id: "",
        };
        serde_json::to_string(&line).expect("text keys and plain values")
    }

    fn common(&self) -> String {
        format!(
            "{} {} {NAME} - {} {} \"{} {} {}\" {} {}",
            or_dash(self.request_id),
            or_dash(self.remote_address),
            self.started,
            self.duration(),
            self.method,
            self.path,
            self.protocol,
            self.status,
            self.size,
        )
    }
}

fn or_dash(text: &str) -> &str {
    if text.is_empty() { "-" } else { text }
}

/// A value of the text format: quoted as Go's `%q` does unless it is plain.
fn push_value(line: &mut String, value: &str) {
    let is_plain = |octet: u8| octet.is_ascii_alphanumeric() || b"-._/@^+".contains(&octet);
    if !value.is_empty() && value.bytes().all(is_plain) {
        line.push_str(value);
        return;
    }
    line.push('"');
    for character in value.chars() {
        let written = match character {
            '"' | '\\' => write!(line, "\\{character}"),
            '\u{7}' => write!(line, "\\a"),
            '\u{8}' => write!(line, "\\b"),
            '\u{c}' => write!(line, "\\f"),
            '\n' => write!(line, "\\n"),
            '\r' => write!(line, "\\r"),
            '\t' => write!(line, "\\t"),
            '\u{b}' => write!(line, "\\v"),
            '\0'..' ' | '\u{7f}' => write!(line, "\\x{:02x}", u32::from(character)),
            _ if is_invisible(character) => write!(line, "\\u{:04x}", u32::from(character)),
            _ => write!(line, "{character}"),
        };
        written.expect("a string takes every text");
    }
    line.push('"');
}

/// Characters that could move or hide what stands around them: C1 controls, separators, bidirectional controls.
fn is_invisible(character: char) -> bool {
    matches!(character, '\u{80}'..='\u{a0}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    impl Entry<'static> {
        pub(in crate::telemetry) fn example() -> Self {
            Self {
                request_id: "bgs1o5d8vqkc73e2k2ag",
                remote_address: "127.0.0.1",
                started: Timestamp::from_unix(1_548_410_400),
                duration: Duration::from_micros(1_500),
                method: "POST",
                path: "/sign?a=b",
                protocol: "HTTP/2.0",
                status: 201,
                size: 1200,
                referer: "",
                user_agent: "Go-http-client/2.0",
                error: None,
            }
        }
    }

    const NOW: Timestamp = Timestamp::from_unix(1_548_410_401);

    #[test]
    fn a_text_line_has_upstreams_fields_in_upstreams_order() {
        assert_eq!(
            Entry::example().text(NOW),
            concat!(
                r#"time="2019-01-25T10:00:01Z" level=info duration=1.5ms duration-ns=1500000 "#,
                r#"fields.time="2019-01-25T10:00:00Z" method=POST name=ca path="/sign?a=b" protocol=HTTP/2.0 referer="" "#,
                r#"remote-address=127.0.0.1 request-id=bgs1o5d8vqkc73e2k2ag size=1200 status=201 "#,
                r#"user-agent=Go-http-client/2.0 user-id="""#
            )
        );
    }

    #[test]
    fn a_json_line_is_sorted_by_name() {
        let line = Entry { status: 404, error: Some("no such path"), ..Entry::example() }.json(NOW);
        let keys: Vec<&str> = line
            .trim_matches(['{', '}'])
            .split(",\"")
            .filter_map(|member| member.trim_start_matches('"').split('"').next())
            .collect();
        assert!(keys.is_sorted(), "{keys:?}");
        let value: serde_json::Value = serde_json::from_str(&line).unwrap();
        assert_eq!(value["level"], "warning");
        assert_eq!(value["msg"], "");
        assert_eq!(value["error"], "no such path");
        assert_eq!(value["duration-ns"], 1_500_000);
    }

    #[test]
    fn a_common_line_shows_nothing_as_a_dash() {
        assert_eq!(
            Entry { remote_address: "", ..Entry::example() }.common(),
            r#"bgs1o5d8vqkc73e2k2ag - ca - 2019-01-25T10:00:00Z 1.5ms "POST /sign?a=b HTTP/2.0" 201 1200"#
        );
    }

    #[test]
    fn a_user_agent_cannot_begin_a_line_of_its_own() {
        let line = Entry { user_agent: "x\ny\u{1b}[2J\"\\\u{202e}é", ..Entry::example() }.text(NOW);
        assert!(line.ends_with(r#"user-agent="x\ny\x1b[2J\"\\\u202eé" user-id="""#), "{line}");
    }
}
