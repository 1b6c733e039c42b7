//! Colours that everyone can tell apart, and that mean the same in every figure.

use super::scene::Colour;

/// What a colour stands for. The same thing has the same colour in every figure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Role {
    /// The coefficient on the unknown direction.
    Signal,
    /// The coefficient on the high-variance direction.
    Spike,
    /// The coefficient on all other directions.
    Bulk,
    /// Any other coefficient, by number.
    Other(usize),
    /// A quantity of the whole system, such as the risk.
    Whole,
    /// A law fitted to what was measured, on top of it.
    Fit,
}

impl Role {
    /// Okabe and Ito's palette, which readers with any colour vision tell apart.
    pub(super) fn colour(self) -> Colour {
        const OTHERS: [u32; 6] = [0xcc79a7, 0x56b4e9, 0xe69f00, 0x7f7f7f, 0x8c6d00, 0x5e3c99];
        match self {
            Self::Signal => Colour(0x0072b2),
            Self::Spike => Colour(0xd55e00),
            Self::Bulk => Colour(0x009e73),
            Self::Other(k) => Colour(OTHERS[k % OTHERS.len()]),
            Self::Whole | Self::Fit => Colour(0x222222),
        }
    }

    /// Dashes, so that a print without colour can be read too.
    pub(super) fn dash(self) -> &'static [f64] {
        const OTHERS: [&[f64]; 4] = [&[6.0, 1.5, 1.4, 1.5], &[3.0, 1.5], &[6.0, 3.0], &[1.4, 3.0]];
        match self {
            Self::Signal | Self::Whole => &[],
            Self::Spike => &[5.0, 1.6],
            Self::Bulk => &[1.4, 1.4],
            Self::Fit => &[2.5, 4.0],
            Self::Other(k) => OTHERS[k % OTHERS.len()],
        }
    }
}

/// Viridis (S. van der Walt and N. Smith, CC0), at every eighth of its 256 colours; in between, linear interpolation
/// is within two units of 255. Perceptually uniform, and monotone in lightness.
const VIRIDIS: [u32; 33] = [
    0x440154, 0x470d60, 0x48186a, 0x482374, 0x472d7b, 0x453681, 0x424086, 0x3f4989, 0x3b528b, 0x375a8d, 0x33638d,
    0x2f6a8e, 0x2c728e, 0x297a8e, 0x26818e, 0x23898e, 0x21908c, 0x1f988b, 0x1f9f88, 0x21a685, 0x28ae80, 0x31b57b,
    0x3ebc74, 0x4cc26c, 0x5dc963, 0x6ece58, 0x82d34c, 0x96d83f, 0xabdc32, 0xc0df24, 0xd5e21a, 0xeae51a, 0xfde725,
];

/// The colour of a fraction of the scale; beyond its ends, the colour of the end.
pub(super) fn viridis(fraction: f64) -> [u8; 3] {
    let place = fraction.clamp(0.0, 1.0) * (VIRIDIS.len() - 1) as f64;
    let i = (place as usize).min(VIRIDIS.len() - 2);
    let (below, above) = (Colour(VIRIDIS[i]).rgb(), Colour(VIRIDIS[i + 1]).rgb());
    let share = place - i as f64;
    std::array::from_fn(|k| (f64::from(below[k]) * (1.0 - share) + f64::from(above[k]) * share).round() as u8)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Relative luminance of sRGB, as the web's contrast rules define it.
    fn luminance(rgb: [u8; 3]) -> f64 {
        let linear = |c: u8| {
            let c = f64::from(c) / 255.0;
            if c <= 0.04045 { c / 12.92 } else { libm::pow((c + 0.055) / 1.055, 2.4) }
        };
        0.2126 * linear(rgb[0]) + 0.7152 * linear(rgb[1]) + 0.0722 * linear(rgb[2])
    }

    #[test]
    fn the_scale_grows_lighter_from_end_to_end() {
        let steps: Vec<f64> = (0..=64).map(|i| luminance(viridis(f64::from(i) / 64.0))).collect();
        assert!(steps.windows(2).all(|pair| pair[0] < pair[1]));
        assert_eq!(viridis(-1.0), [0x44, 0x01, 0x54]);
        assert_eq!(viridis(2.0), [0xfd, 0xe7, 0x25]);
    }

    #[test]
    fn coefficients_differ_in_colour_and_in_dashes() {
        let roles = [Role::Signal, Role::Spike, Role::Bulk, Role::Other(0), Role::Other(1)];
        for (i, one) in roles.iter().enumerate() {
            for other in &roles[..i] {
                assert_ne!(one.colour(), other.colour());
                assert_ne!(one.dash(), other.dash());
            }
        }
        // As many as a figure of a command draws beside the signal.
        let colours = |k: usize| Role::Other(k).colour().rgb();
        assert!((0..6).all(|k| colours(k) != Role::Signal.colour().rgb() && (0..k).all(|l| colours(k) != colours(l))));
    }
}
