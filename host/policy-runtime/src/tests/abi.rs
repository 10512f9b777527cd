//! The border between guest and host, with values no compiler would make.

use std::fmt::Write;
use std::sync::LazyLock;

use proptest::prelude::*;
use tokio::runtime;

use super::{init, load, proposal, runtime};
use crate::{Check, Fault, Limits, Runtime, testing};

/// Accepts everything; what it logs and answers is put in place of these words.
const GUEST: &str = include_str!("guests/anything.wat");
const LOG_ARGUMENTS: &str = "(i32.const 1) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0)";
const ANSWER: &str = "\\00\\00\\00\\00\\00\\00\\00\\00\\00\\00\\00\\00";

static RUNTIME: LazyLock<Runtime> = LazyLock::new(runtime);

fn block_on<T>(future: impl Future<Output = T>) -> T {
    runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(future)
}

/// Asks the guest once: any answer will do, and any fault that is the guest's own.
fn is_answered_or_a_fault(text: &str) -> Result<(), TestCaseError> {
    assert_ne!(text, GUEST, "something was put in place");
    let module = RUNTIME.load("test", &testing::module(text).unwrap()).unwrap();
    let outcome = block_on(async { init(&module, Limits::default()).await?.review(&proposal()).await });
    match outcome {
        Err(Fault::Internal { reason }) => Err(TestCaseError::fail(reason)),
        _ => Ok(()),
    }
}

/// Small numbers and those around the ends of memory and of 32 bits are where mistakes are.
fn number() -> impl Strategy<Value = u32> {
    prop_oneof![0..16_u32, 131_040..131_104_u32, u32::MAX - 16..=u32::MAX, any::<u32>()]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn any_arguments_of_a_host_call_are_taken_or_a_fault(arguments in prop::array::uniform5(number())) {
        let arguments = arguments.iter().fold(String::new(), |mut text, argument| {
            write!(text, "(i32.const {argument}) ").unwrap();
            text
        });
        is_answered_or_a_fault(&GUEST.replace(LOG_ARGUMENTS, &arguments))?;
    }

    #[test]
    fn any_octets_of_an_answer_are_an_answer_or_a_fault(
        case in 0..2_u8,
        words in prop::collection::vec(prop_oneof![number(), 1_024..2_048_u32], 15),
    ) {
        let octets = std::iter::once(u32::from(case)).chain(words).flat_map(u32::to_le_bytes);
        let octets = octets.fold(String::new(), |mut text, octet| {
            write!(text, "\\{octet:02x}").unwrap();
            text
        });
        is_answered_or_a_fault(&GUEST.replace(ANSWER, &octets))?;
    }

    #[test]
    fn equal_requests_get_equal_answers_for_equal_fuel(
        subject in any::<String>(),
        names in prop::collection::vec(any::<String>(), 0..8),
        now in any::<i64>(),
    ) {
        static CHECKS: LazyLock<[Check; 2]> = LazyLock::new(|| {
            let check = || block_on(init(&load(&runtime(), include_str!("guests/counts.wat")).unwrap(), Limits::default()));
            [check().unwrap(), check().unwrap()]
        });
        let mut proposal = proposal();
        proposal.identity.subject = subject;
        proposal.draft.subject_alt_names.dns_names = names;
        proposal.context.now = now;
        let [one, other] = CHECKS.each_ref().map(|check| block_on(check.review(&proposal)).unwrap());
        prop_assert_eq!(one.value, other.value);
        prop_assert_eq!(one.trace.fuel, other.trace.fuel);
    }
}
