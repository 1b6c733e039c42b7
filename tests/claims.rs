//! Every claim of the registry is a test of its name, at the scale of a quick look; its wrong versions are another.
//!
//! The full scale is `specdyn verify`; what it last said is in `qa/verify.json`, from which the README's table is made.

use libtest_mimic::{Arguments, Failed, Trial};
use specdyn::claims::{self, Claim, Effort, Verdict, chapter};
use specdyn::descent::Method;
use specdyn::spectrum::Spectrum;
use specdyn::trajectory::Recursion;
use std::collections::HashSet;
use std::fs;
use std::process::ExitCode;

const QUICK: Effort = Effort { scale: 1.0, quick: true, seed: 1 };

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let mut trials = vec![
        Trial::test("registry::every_claim_has_its_section_and_three_sabotaged_versions", registry_is_sound),
        Trial::test("registry::the_readme_shows_the_recorded_verdicts", readme_shows_the_recorded_verdicts),
        Trial::test("registry::a_bound_that_breaks_after_thousands_of_steps_is_caught", late_violation_is_caught),
        Trial::test(
            "registry::a_run_that_amplifies_only_after_thousands_of_steps_is_caught",
            late_amplification_is_caught,
        ),
        Trial::test("registry::a_logarithmic_drift_is_not_taken_for_a_limit", drift_is_no_limit),
    ];
    for claim in claims::registry() {
        trials.push(Trial::test(claim.id, || holds(claim)));
        trials.push(Trial::test(format!("{}::sabotaged", claim.id), || sabotage_is_refused(claim)));
    }
    libtest_mimic::run(&arguments, trials).exit_code()
}

fn holds(claim: &Claim) -> Result<(), Failed> {
    let judgement = claims::verify(claim, claim.constants, QUICK);
    if claim.standing.expects(judgement.verdict) {
        return Ok(());
    }
    Err(format!("{} {}: {:?}", claim.standing, judgement.verdict, judgement.reason).into())
}

/// No wrong version may be verified, and each is to be falsified: this is stricter than the 95 % that are promised.
fn sabotage_is_refused(claim: &Claim) -> Result<(), Failed> {
    for wrong in claim.sabotaged {
        let judgement = claims::verify(claim, wrong.constants, QUICK);
        if judgement.verdict != Verdict::Falsified {
            return Err(format!("{}: {}, {:?}", wrong.name, judgement.verdict, judgement.reason).into());
        }
    }
    Ok(())
}

fn registry_is_sound() -> Result<(), Failed> {
    let mut ids = HashSet::new();
    for claim in claims::registry() {
        assert!(ids.insert(claim.id), "{} is declared twice", claim.id);
        assert!(chapter::find(claim.chapter(), claim.slug()).is_some(), "derivations/ has no heading for {}", claim.id);
        assert!(claim.sabotaged.len() >= 3, "{} has fewer than three sabotaged versions", claim.id);
        for wrong in claim.sabotaged {
            assert_ne!(wrong.constants, claim.constants, "{}: {} changes nothing", claim.id, wrong.name);
            assert_eq!(wrong.constants.len(), claim.constants.len(), "{}: {}", claim.id, wrong.name);
        }
    }
    Ok(())
}

/// A bound that holds for thousands of steps and then fails, `c < 1 + log(k)/10`-like: a check over a ladder long enough sees it, one
/// that stops early would not.
fn late_violation_is_caught() -> Result<(), Failed> {
    fn check(constants: &[f64], trial: &mut claims::Trial) {
        let steps = trial.count(100_000, 100);
        // Grows by 1/k a step: a claim that it stays below 10 is violated first after 12,367 steps.
        let harmonic: f64 = (1..=steps).map(|k| 1.0 / k as f64).sum();
        trial.at_most(format!("sum of 1/k up to {steps}"), claims::Enclosure::exact(harmonic), constants[0]);
    }
    let claim = planted(&[10.0], check);
    assert_eq!(claims::verify(&claim, claim.constants, Effort::default()).verdict, Verdict::Falsified);
    // The quick look does not see it, and must not call it verified.
    assert_eq!(claims::verify(&claim, claim.constants, QUICK).verdict, Verdict::Toy);
    Ok(())
}

/// A planted claim with the constant `constants[0]`; its section is any that exists.
fn planted(constants: &'static [f64], check: fn(&[f64], &mut claims::Trial)) -> Claim {
    let standing = claims::Standing::Theorem;
    Claim { id: "model.equivariance", standing, constants, check, sabotaged: &[], diagram: None }
}

/// The trap in the dynamics themselves: just above the threshold GD's recursion keeps `b/a` below 1.1 for 4,700 steps.
fn late_amplification_is_caught() -> Result<(), Failed> {
    fn check(constants: &[f64], trial: &mut claims::Trial) {
        let steps = trial.count(40_000, 4_000);
        let spectrum = Spectrum::spiked(2.02, 10).expect("a spiked covariance");
        let mut recursion =
            Recursion::new(&spectrum, Method::GradientDescent, 1e-3, vec![1e-30; 3]).expect("a recursion");
        let mut largest = 1.0_f64;
        for _ in 0..steps {
            recursion.step().expect("a step below the ceiling");
            largest = largest.max(recursion.weights()[1] / recursion.weights()[0]);
        }
        trial.at_most(format!("b/a within {steps} steps"), claims::Enclosure::observed(largest), constants[0]);
    }
    let claim = planted(&[1.1], check);
    assert_eq!(claims::verify(&claim, claim.constants, Effort::default()).verdict, Verdict::Falsified);
    // Stopped early it would hold; a run below the claim's own scale may say so, but not verify.
    assert_eq!(claims::verify(&claim, claim.constants, QUICK).verdict, Verdict::Toy);
    let short = Effort { scale: 0.1, ..Effort::default() };
    assert_eq!(claims::verify(&claim, claim.constants, short).verdict, Verdict::Toy);
    Ok(())
}

/// "The sum of 1/k stays below 20", measured at 2^10 to 2^17 terms: false, but first beyond 2.7e8 of them. Two rungs that differ by
/// little would be believed; a ladder of which successive differences must shrink is not.
fn drift_is_no_limit() -> Result<(), Failed> {
    fn rungs() -> Vec<f64> {
        let sum = |terms: u32| (1..=terms).map(|k| 1.0 / f64::from(k)).sum();
        (10..=17).map(|k| sum(1 << k)).collect()
    }
    fn naive(constants: &[f64], trial: &mut claims::Trial) {
        let rungs = rungs();
        trial.at_most("the sum of 1/k", claims::Enclosure::ladder(rungs[6], rungs[7]), constants[0]);
    }
    fn check(constants: &[f64], trial: &mut claims::Trial) {
        let found = claims::limit(&rungs(), f64::EPSILON);
        trial.found("the sum of 1/k", found, |trial, found| trial.at_most("the sum of 1/k", found, constants[0]));
    }
    let naive = planted(&[20.0], naive);
    assert_eq!(claims::verify(&naive, naive.constants, QUICK).verdict, Verdict::Verified, "the trap is none");
    let claim = planted(&[20.0], check);
    let judgement = claims::verify(&claim, claim.constants, QUICK);
    assert_eq!(judgement.verdict, Verdict::Inconclusive);
    assert!(judgement.reason.is_some_and(|reason| reason.contains("drift")));
    Ok(())
}

const BEGIN: &str =
    "<!-- claims: made by tests/claims.rs from qa/verify.json; SPECDYN_BLESS=1 cargo test --test claims registry -->";
const END: &str = "<!-- end of claims -->";

fn readme_shows_the_recorded_verdicts() -> Result<(), Failed> {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/");
    let record: serde_json::Value = serde_json::from_str(&fs::read_to_string(format!("{root}qa/verify.json"))?)?;
    let recorded = record["claims"].as_array().ok_or("qa/verify.json has no claims")?;
    let entry = |id: &str| recorded.iter().find(|claim| claim["id"] == id && claim["sabotage"].is_null());
    let verdict = |id: &str| -> Result<String, Failed> {
        let entry = entry(id).ok_or(format!("qa/verify.json has no verdict on {id}: run specdyn verify again"))?;
        Ok(entry["verdict"].as_str().unwrap_or("?").into())
    };
    let mut table = String::from("| paper | it says | claims, with verdicts |\n|---|---|---|\n");
    for sentence in claims::SENTENCES {
        let verdicts: Result<Vec<String>, Failed> =
            sentence.claims.iter().map(|id| Ok(format!("`{id}` {}", verdict(id)?))).collect();
        table.push_str(&format!("| [{}] | {} | {} |\n", sentence.paper.key, sentence.text, verdicts?.join(", ")));
    }
    table.push_str("\n| claim | statement | status | verdict | evidence |\n|---|---|---|---|---|\n");
    for claim in claims::registry() {
        let title = claim.section().title;
        let kinds = ["proof", "ladder", "sampling"].into_iter();
        let counts =
            kinds.filter_map(|kind| entry(claim.id)?["evidence"][kind].as_u64().map(|n| format!("{n} {kind}")));
        let counts = counts.collect::<Vec<_>>().join(", ");
        let weakest = entry(claim.id).and_then(|e| e["provenance"].as_str()).unwrap_or("none");
        let evidence = if counts.is_empty() { weakest } else { &counts };
        table.push_str(&format!(
            "| `{}` | {title} | {} | {} | {evidence} |\n",
            claim.id,
            claim.standing,
            verdict(claim.id)?
        ));
    }
    let path = format!("{root}README.md");
    let readme = fs::read_to_string(&path)?;
    let (before, rest) = readme.split_once(BEGIN).ok_or("README.md has lost the beginning of its table")?;
    let (shown, after) = rest.split_once(END).ok_or("README.md has lost the end of its table")?;
    if std::env::var_os("SPECDYN_BLESS").is_some() {
        fs::write(&path, format!("{before}{BEGIN}\n\n{table}\n{END}{after}"))?;
        return Ok(());
    }
    if shown.trim() != table.trim() {
        return Err("README.md shows another table; SPECDYN_BLESS=1 cargo test --test claims registry".into());
    }
    Ok(())
}
