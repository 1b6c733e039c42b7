//! Statements with checks: each claim is declared once, measured, and judged in one place.
//!
//! The statement, its hypothesis and its proof stand in `derivations/` under a heading that begins with the claim's slug; a
//! [`Claim`] holds what a machine needs: the numbers that are asserted, a check, wrong versions that the check must refuse, and
//! the options of a phase diagram. A check leaves [`Finding`]s in a [`Trial`]: enclosures with their [`Provenance`], each set
//! against a bound. [`judge`] alone turns findings into a [`Verdict`]; what is not known is never a pass.
//!
//! ```
//! use specdyn::claims::{self, Effort, Verdict};
//!
//! let claim = claims::find("manifold.reduced-gradient").unwrap();
//! let quick = Effort { quick: true, ..Effort::default() };
//! let judgement = claims::verify(claim, claim.constants, quick);
//! assert!(matches!(judgement.verdict, Verdict::Verified | Verdict::Toy));
//! ```

mod batch;
mod certified;
pub mod chapter;
mod claim;
mod evidence;
mod instances;
mod limit;
mod lookup;
mod measured;
mod power_law;
mod sentence;
mod trial;
mod verdict;

mod comparison;
mod escape_and_tail;
mod finite_samples;
mod gradient;
mod gradient_descent;
mod manifold;
mod model;
mod open;
mod proportional_samples;
mod spectral_descent;
mod spectral_powers;
mod tilted;
mod width_one;

pub use claim::{Claim, Diagram, Sabotage, Standing};
pub use evidence::{Bound, Enclosure, Finding, Provenance};
pub use limit::{exponent, limit};
pub use lookup::{find, matching, nearest};
pub use sentence::{SENTENCES, Sentence};
pub use trial::{Effort, Trial};
pub use verdict::{Judgement, Verdict, judge, verify};

/// Every claim, in the order of the chapters.
pub fn registry() -> Vec<&'static Claim> {
    let chapters: [&'static [Claim]; 13] = [
        model::CLAIMS,
        gradient::CLAIMS,
        manifold::CLAIMS,
        gradient_descent::CLAIMS,
        spectral_descent::CLAIMS,
        spectral_powers::CLAIMS,
        tilted::CLAIMS,
        finite_samples::CLAIMS,
        proportional_samples::CLAIMS,
        comparison::CLAIMS,
        open::CLAIMS,
        width_one::CLAIMS,
        escape_and_tail::CLAIMS,
    ];
    chapters.into_iter().flatten().collect()
}
