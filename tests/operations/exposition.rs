//! The text format of Prometheus, version 0.0.4, read as strictly as a scraper might.

use std::collections::{BTreeMap, HashSet};

/// What one scrape says.
#[derive(Debug)]
pub(crate) struct Exposition(BTreeMap<String, f64>);

impl Exposition {
    /// The value of a series, written as in the text.
    #[track_caller]
    pub(crate) fn value(&self, series: &str) -> f64 {
        *self.0.get(series).unwrap_or_else(|| panic!("{series} is not among\n{}", self.names().join("\n")))
    }

    /// Every series, in order.
    pub(crate) fn names(&self) -> Vec<&str> {
        self.0.keys().map(String::as_str).collect()
    }
}

/// Reads a whole scrape.
///
/// # Errors
/// The first line that breaks a rule of the format.
pub(crate) fn parse(text: &str) -> Result<Exposition, String> {
    let Some(text) = text.strip_suffix('\n') else { return Err("the last line has no end".to_owned()) };
    let mut families = HashSet::new();
    let mut series = BTreeMap::new();
    let mut lines = text.split('\n').peekable();
    while let Some(line) = lines.next() {
        let help = line.strip_prefix("# HELP ").ok_or(format!("a family begins with its help: {line}"))?;
        let (name, _) = help.split_once(' ').ok_or(format!("no text: {line}"))?;
        let kind = lines.next().and_then(|line| line.strip_prefix("# TYPE ")).ok_or(format!("no type: {name}"))?;
        let kind = kind.strip_prefix(name).and_then(|kind| kind.strip_prefix(' ')).ok_or(format!("type of {kind}"))?;
        if !is_name(name, ":") || !families.insert(name.to_owned()) {
            return Err(format!("{name} is no name, or there twice"));
        }
        let mut family = Vec::new();
        while let Some(line) = lines.next_if(|line| !line.starts_with('#')) {
            family.push(sample(line)?);
        }
        check_family(name, kind, &family)?;
        for Sample { series: name, value, .. } in family {
            if series.insert(name.clone(), value).is_some() {
                return Err(format!("{name} is there twice"));
            }
        }
    }
    Ok(Exposition(series))
}

struct Sample {
    series: String,
    name: String,
    labels: Vec<(String, String)>,
    value: f64,
}

impl Sample {
    fn label(&self, name: &str) -> Option<&str> {
        self.labels.iter().find(|(label, _)| label == name).map(|(_, value)| value.as_str())
    }

    /// All that tells a histogram from another of its family.
    fn others(&self) -> Vec<&(String, String)> {
        self.labels.iter().filter(|(label, _)| label != "le").collect()
    }
}

fn is_name(name: &str, more: &str) -> bool {
    let is_letter = |c: char| c.is_ascii_alphabetic() || c == '_' || more.contains(c);
    name.starts_with(is_letter) && name.chars().all(|c| is_letter(c) || c.is_ascii_digit())
}

fn sample(line: &str) -> Result<Sample, String> {
    let (series, number) = line.rsplit_once(' ').ok_or(format!("no value: {line}"))?;
    let value = number.parse().map_err(|_| format!("no number: {line}"))?;
    let (name, labels) = match series.split_once('{') {
        None => (series, Vec::new()),
        Some((name, rest)) => (name, labels(rest.strip_suffix('}').ok_or(format!("no }}: {line}"))?)?),
    };
    let names: HashSet<_> = labels.iter().map(|(label, _)| label).collect();
    if !is_name(name, ":") || names.len() != labels.len() {
        return Err(format!("no name, or a label twice: {line}"));
    }
    Ok(Sample { series: series.to_owned(), name: name.to_owned(), labels, value })
}

fn labels(mut text: &str) -> Result<Vec<(String, String)>, String> {
    let mut labels = Vec::new();
    while !text.is_empty() {
        let (name, rest) = text.split_once("=\"").ok_or(format!("no value of a label: {text}"))?;
        if !is_name(name, "") || name.starts_with("__") {
            return Err(format!("{name} is no label"));
        }
        let mut value = String::new();
        let mut characters = rest.chars();
        loop {
            match characters.next().ok_or("a label without an end")? {
                '"' => break,
                '\n' => return Err("a line feed in a label".to_owned()),
                '\\' => value.push(match characters.next() {
                    Some('n') => '\n',
                    Some(escaped @ ('\\' | '"')) => escaped,
                    other => return Err(format!("{other:?} is not to be escaped")),
                }),
                plain => value.push(plain),
            }
        }
        labels.push((name.to_owned(), value));
        text = characters.as_str();
        text = if text.is_empty() { text } else { text.strip_prefix(',').ok_or(format!("no comma: {text}"))? };
    }
    Ok(labels)
}

fn check_family(name: &str, kind: &str, samples: &[Sample]) -> Result<(), String> {
    if samples.is_empty() {
        return Err(format!("{name} has no series"));
    }
    match kind {
        "gauge" | "counter" => {
            let is_wrong = |sample: &&Sample| sample.name != name || (kind == "counter" && sample.value < 0.0);
            samples.iter().find(is_wrong).map_or(Ok(()), |sample| Err(format!("{} in {name}", sample.series)))
        }
        "histogram" => check_histograms(name, samples),
        other => Err(format!("{name} is a {other}")),
    }
}

/// Each has its buckets in order, the last for everything, then sum and count.
fn check_histograms(name: &str, mut samples: &[Sample]) -> Result<(), String> {
    while !samples.is_empty() {
        let is_bucket = |sample: &Sample| sample.name == format!("{name}_bucket");
        let (buckets, rest) = samples.split_at(samples.iter().take_while(|sample| is_bucket(sample)).count());
        let [sum, count, rest @ ..] = rest else { return Err(format!("{name} has no sum and count")) };
        let bounds: Option<Vec<f64>> = buckets.iter().map(|bucket| bucket.label("le")?.parse().ok()).collect();
        let bounds = bounds.ok_or(format!("a bucket of {name} has no bound"))?;
        let together = buckets.iter().chain([sum]).all(|sample| sample.others() == count.others());
        let right = together
            && sum.name == format!("{name}_sum")
            && count.name == format!("{name}_count")
            && bounds.is_sorted_by(|one, next| one < next)
            && bounds.last() == Some(&f64::INFINITY)
            && buckets.is_sorted_by(|one, next| one.value <= next.value)
            && buckets.last().is_some_and(|all| all.value == count.value);
        if !right {
            return Err(format!("{} does not add up", count.series));
        }
        samples = rest;
    }
    Ok(())
}

#[test]
fn what_breaks_the_format_is_noticed() {
    const HISTOGRAM: &str =
        "# HELP h x\n# TYPE h histogram\nh_bucket{le=\"1\"} 1\nh_bucket{le=\"+Inf\"} 2\nh_sum 3\nh_count 2\n";
    for good in ["# HELP a x\n# TYPE a gauge\na{b=\"c\\\"\\n\"} -1.5\n", HISTOGRAM] {
        parse(good).unwrap();
    }
    for bad in [
        "# HELP a x\n# TYPE a gauge\na 1",
        "# TYPE a gauge\na 1\n",
        "# HELP a x\n# TYPE a gauge\na 1\na 1\n",
        "# HELP a x\n# TYPE a gauge\na one\n",
        "# HELP a x\n# TYPE a counter\na -1\n",
        "# HELP a x\n# TYPE a gauge\nb 1\n",
        "# HELP a x\n# TYPE a gauge\na{b=\"c} 1\n",
        "# HELP a x\n# TYPE a gauge\na{b=\"c\",b=\"d\"} 1\n",
        "# HELP a-b x\n# TYPE a-b gauge\na-b 1\n",
        &HISTOGRAM.replace("} 2", "} 0"),
        &HISTOGRAM.replace("+Inf", "2"),
        &HISTOGRAM.replace("h_count 2", "h_count 3"),
        &HISTOGRAM.replace("h_sum 3\n", ""),
    ] {
        assert!(parse(bad).is_err(), "{bad}");
    }
}
