//! What one call of a module may use up.

use std::time::Duration;

use go_duration::GoDuration;

use super::{error::Problems, problem::Problem, reader::Field};
use crate::limits;

/// The limits of one call; the defaults are those of [`crate::limits`].
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct PolicyLimits {
    /// Units of wasmtime's fuel, about one an instruction. This is what decides; time is the backstop.
    pub fuel: u64,
    /// Wall clock inside the module.
    pub time: Duration,
    /// Linear memory, in octets.
    pub memory: u64,
    /// The module's answer, in octets.
    pub output: u64,
    /// Calls of imported functions.
    pub host_calls: u64,
}

impl Default for PolicyLimits {
    fn default() -> Self {
        Self {
            fuel: limits::POLICY_FUEL,
            time: limits::POLICY_TIME,
            memory: limits::POLICY_MEMORY,
            output: limits::POLICY_OUTPUT,
            host_calls: limits::POLICY_HOST_CALLS,
        }
    }
}

/// Reads a `limits` object.
pub(super) fn read(field: &Field<'_>, problems: &mut Problems) -> Option<PolicyLimits> {
    let mut object = field.object(problems)?;
    let mut limits = PolicyLimits::default();
    let before = problems.errors.len();
    if let Some(fuel) = object.take("fuel").and_then(|field| field.integer(10_000, 100_000_000_000, problems)) {
        limits.fuel = fuel;
    }
    if let Some(field) = object.take("time")
        && let Some(time) = time(&field, Duration::from_millis(1), Duration::from_secs(10), problems)
    {
        limits.time = time;
    }
    if let Some(memory) = object.take("memory").and_then(|field| size(&field, 64 << 10, 256 << 20, problems)) {
        limits.memory = memory;
    }
    if let Some(output) = object.take("output").and_then(|field| size(&field, 1 << 10, 1 << 20, problems)) {
        limits.output = output;
    }
    if let Some(calls) = object.take("hostCalls").and_then(|field| field.integer(0, 1_000_000, problems)) {
        limits.host_calls = calls;
    }
    object.finish(problems);
    (problems.errors.len() == before).then_some(limits)
}

/// A Go duration within bounds, both included.
pub(super) fn time(field: &Field<'_>, least: Duration, most: Duration, problems: &mut Problems) -> Option<Duration> {
    let got = field.duration(problems)?;
    match got.to_std() {
        Some(time) if (least..=most).contains(&time) => Some(time),
        _ => {
            let go = |bound| GoDuration::try_from(bound).expect("bounds are seconds");
            field.refuse(Problem::TimeLimit { got, least: go(least), most: go(most) }, problems)
        }
    }
}

/// A number of octets such as `65536`, `"64KiB"` or `"16MiB"`, within bounds.
fn size(field: &Field<'_>, least: u64, most: u64, problems: &mut Problems) -> Option<u64> {
    if !field.is_string() {
        return field.integer(least, most, problems);
    }
    let text = field.string(problems)?;
    let units = [("KiB", 1 << 10), ("MiB", 1 << 20)];
    let split = units.iter().find_map(|(unit, octets)| Some((text.strip_suffix(unit)?, *octets)));
    let (digits, unit) = split.unwrap_or(("", 0));
    match digits.parse::<u64>().ok().filter(|_| !digits.starts_with('+')).and_then(|size| size.checked_mul(unit)) {
        Some(size) if (least..=most).contains(&size) => Some(size),
        Some(size) => field.refuse(Problem::Number { got: size.to_string(), least, most }, problems),
        None => field.refuse(Problem::Size(text.to_owned()), problems),
    }
}
