//! The groups as the flow sees them: those of equal variance and equal start are one, in ascending order of variance.

use crate::scalar::Real;
use crate::spectrum::Spectrum;
use std::cmp::Ordering;
use std::ops::{Deref, Range};

/// All directions of one variance and one start, other than the signal's.
#[derive(Clone, Debug)]
pub(super) struct Group<T> {
    /// `q_j`.
    pub(super) variance: T,
    /// `n_j q_j`.
    pub(super) weight: T,
    /// `n_j / 2`.
    pub(super) half: T,
    /// `w_j(0)`.
    pub(super) start: T,
    /// Its stretch of [`Distinct::members`].
    members: Range<usize>,
}

/// Distinct groups, numbered from 0 in ascending order of variance.
#[derive(Clone, Debug)]
pub(super) struct Distinct<T> {
    groups: Vec<Group<T>>,
    members: Vec<usize>,
    class: Vec<usize>,
}

impl<T> Deref for Distinct<T> {
    type Target = [Group<T>];

    #[inline]
    fn deref(&self) -> &[Group<T>] {
        &self.groups
    }
}

impl<T: Real> Distinct<T> {
    pub(super) fn new() -> Self {
        Self { groups: vec![], members: vec![], class: vec![] }
    }

    /// Replaces all groups by those of `spectrum`, where `start` are the coefficients at time 0, signal first; all of them are one
    /// number if `equal`, also where that is an enclosure, which does not say so.
    pub(super) fn gather(&mut self, spectrum: &Spectrum<T>, start: &[T], equal: bool) {
        let q = spectrum.variance();
        self.members.clear();
        self.members.extend(1..q.len());
        if certain_of_itself(&start[0]) {
            let order = |a: &T, b: &T| a.partial_cmp(b).unwrap_or(Ordering::Equal);
            self.members.sort_by(|&i, &j| order(&q[i], &q[j]).then_with(|| order(&start[i], &start[j])));
        } else {
            let order = |a: &T, b: &T| a.to_f64().total_cmp(&b.to_f64());
            self.members.sort_by(|&i, &j| order(&q[i], &q[j]).then_with(|| order(&start[i], &start[j])));
        }
        self.groups.clear();
        self.class.clear();
        self.class.resize(q.len(), 0);
        for (position, &j) in self.members.iter().enumerate() {
            let (weight, half) = (&spectrum.energy_weight()[j], spectrum.multiplicity()[j].over(2));
            match self.groups.last_mut() {
                Some(last) if same(&last.variance, &q[j]) && (equal || same(&last.start, &start[j])) => {
                    last.half = last.half.clone() + half;
                    last.weight = last.weight.clone() + weight;
                    last.members.end = position + 1;
                }
                _ => self.groups.push(Group {
                    variance: q[j].clone(),
                    weight: weight.clone(),
                    half,
                    start: start[j].clone(),
                    members: position..position + 1,
                }),
            }
            self.class[j] = self.groups.len() - 1;
        }
    }

    /// The coefficients (indices of the spectrum) that group `k` stands for, ascending.
    #[inline]
    pub(super) fn members(&self, k: usize) -> &[usize] {
        &self.members[self.groups[k].members.clone()]
    }

    /// The group to which coefficient `j >= 1` belongs.
    #[inline]
    pub(super) fn class(&self, j: usize) -> usize {
        self.class[j]
    }

    /// Number of coefficients, signal included.
    pub(super) fn coefficients(&self) -> usize {
        self.class.len()
    }
}

/// Certainly equal.
#[inline]
pub(super) fn same<T: Real>(a: &T, b: &T) -> bool {
    a.partial_cmp(b) == Some(Ordering::Equal)
}

/// Whether this number system orders all its (finite) values. One of enclosures does not: an inexact 1/3 is not certainly
/// equal to itself.
#[inline]
pub(super) fn certain_of_itself<T: Real>(like: &T) -> bool {
    let third = like.int(1).over(3);
    same(&third, &third)
}
