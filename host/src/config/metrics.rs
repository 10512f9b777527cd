//! `metrics`: where Prometheus finds them.

use super::{
    address::{self, Address},
    error::Problems,
    problem::{Notice, Problem},
    reader::Object,
};

/// Where metrics are served; `metrics.address`, or upstream's `metricsAddress`. `None` goes with a problem.
pub(super) fn read(top: &mut Object<'_>, problems: &mut Problems) -> Option<Option<Address>> {
    let ours = match top.take("metrics") {
        None => None,
        Some(field) => {
            let mut object = field.object(problems)?;
            let address = match object.take("address") {
                Some(field) => Address::read(&field, problems),
                None => object.refuse("address", address::EMPTY, problems),
            };
            object.finish(problems);
            Some(address?)
        }
    };
    // `step ca init` of some versions writes an empty one.
    let Some(upstreams) = top.take("metricsAddress").filter(|field| field.node.text != "\"\"") else {
        return Some(ours);
    };
    if ours.is_some() {
        upstreams.warn(Notice::NoEffect("`metrics.address` says where metrics are served"), problems);
        return Some(ours);
    }
    let text = upstreams.string(problems)?;
    match Address::parse(text) {
        Some(address) => Some(Some(address)),
        None => upstreams.refuse(Problem::Address(text.to_owned()), problems),
    }
}
