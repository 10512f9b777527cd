//! `step policy bench`

use std::{io::Write, time::Duration};

use clap::Args;
use policy_vectors::Keys;
use serde_json::{Value, json};

use super::test::Sources;
use crate::{module::wait_for, outcome::Outcome, table::number};

/// Measure what each vector costs: fuel, and microseconds on this machine
///
/// Fuel is the same on every machine, and what the CA's limit counts.
#[derive(Args)]
pub(crate) struct Bench {
    #[command(flatten)]
    sources: Sources,
    /// How often each vector is asked
    #[arg(long, default_value_t = 200, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    runs: u32,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// What one vector cost.
struct Cost {
    name: String,
    fuel: u64,
    median: Duration,
    slowest: Duration,
}

impl Bench {
    pub(crate) fn run(self, answers: &mut dyn Write, talk: &mut dyn Write) -> anyhow::Result<Outcome> {
        let (loaded, suite) = self.sources.open(talk)?;
        let (subject, keys) = (loaded.subject(), Keys::default());
        let costs = wait_for(async {
            let mut costs = Vec::new();
            for case in suite.cases() {
                let (mut times, mut spent) = (Vec::new(), None);
                for _ in 0..self.runs {
                    // What `init` decides takes no call and has no cost of its own.
                    let Some((fuel, time)) = subject.decide(&suite, case, &keys).await?.cost else { break };
                    spent = Some(fuel);
                    times.push(time);
                }
                costs.extend(spent.map(|fuel| Cost::of(case.name(), fuel, times)));
            }
            anyhow::Ok(costs)
        })??;
        match self.json {
            true => writeln!(answers, "{}", costs.iter().map(Cost::report).collect::<Value>())?,
            false => write(&costs, answers)?,
        }
        Ok(Outcome::Fine)
    }
}

impl Cost {
    fn of(name: &str, fuel: u64, mut times: Vec<Duration>) -> Self {
        times.sort_unstable();
        let at = |index: usize| times.get(index).copied().unwrap_or_default();
        Self { name: name.to_owned(), fuel, median: at(times.len() / 2), slowest: at(times.len().saturating_sub(1)) }
    }

    fn report(&self) -> Value {
        let micros = |time: Duration| u64::try_from(time.as_micros()).unwrap_or(u64::MAX);
        let (median, slowest) = (micros(self.median), micros(self.slowest));
        json!({"name": self.name, "fuel": self.fuel, "median_us": median, "slowest_us": slowest})
    }
}

fn write(costs: &[Cost], answers: &mut dyn Write) -> anyhow::Result<()> {
    writeln!(answers, "{:>10}  {:>9}  {:>10}  vector", "fuel", "median µs", "slowest µs")?;
    for Cost { name, fuel, median, slowest } in costs {
        let (median, slowest) = (median.as_micros(), slowest.as_micros());
        writeln!(answers, "{:>10}  {median:>9}  {slowest:>10}  {name}", number(*fuel))?;
    }
    Ok(())
}
