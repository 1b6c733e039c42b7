//! Every claim of the registry is a test of its name, at the scale of a quick look; its wrong versions are another.
//!
//! The full scale is `specdyn verify`; what it last said is in `qa/verify.json`, from which the README's table is made.

use libtest_mimic::{Arguments, Failed, Trial};
use specdyn::claims::{self, Claim, Effort, Verdict, chapter};
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
    let claim = Claim {
        id: "model.equivariance",
        standing: claims::Standing::Theorem,
        constants: &[10.0],
        check,
        sabotaged: &[],
        diagram: None,
    };
    assert_eq!(claims::verify(&claim, claim.constants, Effort::default()).verdict, Verdict::Falsified);
    // The quick look does not see it, and must not call it verified.
    assert_eq!(claims::verify(&claim, claim.constants, QUICK).verdict, Verdict::Toy);
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
        let provenance = entry(claim.id).and_then(|e| e["provenance"].as_str()).unwrap_or("none");
        table.push_str(&format!(
            "| `{}` | {title} | {} | {} | {provenance} |\n",
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
