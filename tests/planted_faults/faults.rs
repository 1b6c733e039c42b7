use crate::parts::{DIMENSION, Drawn, NOISE, Parts, SPIKE, samples};
use nalgebra::DMatrix;
use specdyn::scalar::{NormalStream, Normals};

/// Plants a fault.
pub(crate) type Fault = fn(&mut Parts);

pub(crate) const ALL: &[(&str, Fault)] = &[
    ("a variance where the deviation belongs", |p| {
        p.draw = |seed, first, rows| {
            let mut drawn = sound(seed, first, rows);
            drawn.inputs.column_mut(1).iter_mut().for_each(|x| *x *= SPIKE);
            drawn
        };
    }),
    ("a variance off by four per cent", |p| {
        p.draw = |seed, first, rows| {
            let mut drawn = sound(seed, first, rows);
            drawn.inputs.column_mut(4).iter_mut().for_each(|x| *x *= 1.04);
            drawn
        };
    }),
    ("the spike on a neighbour", |p| {
        p.draw = |seed, first, rows| {
            let mut drawn = sound(seed, first, rows);
            drawn.inputs.swap_columns(1, 2);
            drawn
        };
    }),
    ("uniform inputs of the right variance", |p| {
        p.draw = |seed, first, rows| {
            let mut drawn = sound(seed, first, rows);
            // The normal distribution function, then stretched to variance 1.
            let uniform = |z: f64| (0.5 * libm::erfc(-z / 2f64.sqrt()) - 0.5) * 12f64.sqrt();
            drawn.inputs.column_mut(0).iter_mut().for_each(|x| *x = uniform(*x));
            drawn
        };
    }),
    ("a pair of coordinates that is the same number twice", |p| {
        p.draw = |seed, first, rows| {
            let mut drawn = sound(seed, first, rows);
            let copy = drawn.inputs.column(4).into_owned();
            drawn.inputs.set_column(5, &copy);
            drawn
        };
    }),
    ("rows that overlap in the random stream", |p| {
        p.draw = |seed, first, rows| {
            let mut drawn = sound(seed, first, rows);
            for i in 0..rows {
                let mut row = [0.0; DIMENSION];
                // One pair short of a row: the last numbers of a row are the first ones of the next.
                NormalStream { seed, stream: 1 }.fill((first + i as u64) * (DIMENSION as u64 / 2), &mut row);
                row[1] *= SPIKE;
                drawn.inputs.row_mut(i).copy_from_slice(&row);
            }
            drawn
        };
    }),
    ("every other row is the one before", |p| {
        p.draw = |seed, first, rows| {
            let mut drawn = sound(seed, first, rows);
            for i in 0..rows {
                if (first + i as u64) % 2 == 1 {
                    let before = sound(seed, first + i as u64 - 1, 1);
                    drawn.inputs.row_mut(i).copy_from(&before.inputs.row(0));
                }
            }
            drawn
        };
    }),
    ("the seed is not used", |p| p.draw = |_, first, rows| sound(0, first, rows)),
    ("a batch begins at the first row", |p| p.draw = |seed, _, rows| sound(seed, 0, rows)),
    ("noise from the stream of the inputs", |p| {
        p.draw = |seed, first, rows| {
            let mut drawn = sound(seed, first, rows);
            drawn.noise = drawn.inputs.column(0).iter().map(|x| x * NOISE).collect();
            drawn
        };
    }),
    ("noise of deviation sigma^2", |p| {
        p.draw = |seed, first, rows| {
            let mut drawn = sound(seed, first, rows);
            drawn.noise.iter_mut().for_each(|e| *e *= NOISE);
            drawn
        };
    }),
    ("noise that grows with the input", |p| {
        p.draw = |seed, first, rows| {
            let mut drawn = sound(seed, first, rows);
            for (e, x) in drawn.noise.iter_mut().zip(&drawn.inputs.column(2)) {
                *e = (*e + 0.2 * NOISE * (x * x - 1.0)) / 1.08f64.sqrt();
            }
            drawn
        };
    }),
    ("an epoch drawn with replacement", |p| {
        p.order = |seed, epoch, samples| {
            let mut normals = Normals::new(seed, 1000 + epoch);
            (0..samples).map(|_| (normals.next().to_bits() % samples as u64) as u32).collect()
        };
    }),
    ("the same order in every epoch", |p| {
        p.order = |seed, _, samples| (Parts::sound().order)(seed, 0, samples);
    }),
    ("a shuffle that swaps with any position", |p| {
        p.order = |seed, epoch, samples| {
            let mut normals = Normals::new(seed, 1000 + epoch);
            let mut order: Vec<u32> = (0..samples as u32).collect();
            for i in 0..samples {
                order.swap(i, (normals.next().to_bits() >> 8) as usize % samples);
            }
            order
        };
    }),
    ("a gradient divided by n - 1", |p| {
        p.gradient = |seed, first, rows, w| {
            (Parts::sound().gradient)(seed, first, rows, w) * (rows as f64 / (rows as f64 - 1.0).max(1.0))
        };
    }),
    ("noise of the wrong sign in the residual", |p| {
        p.gradient = |seed, first, rows, w| {
            let drawn = sound(seed, first, rows);
            let noise = DMatrix::from_fn(rows, 1, |i, _| drawn.noise[i]);
            let weighted = DMatrix::from_fn(rows, DIMENSION, |i, j| drawn.inputs[(i, j)] * noise[i]);
            let share = weighted.transpose() * (&drawn.inputs * w) / rows as f64;
            (Parts::sound().gradient)(seed, first, rows, w) + share * 2.0
        };
    }),
    ("a gradient that forgets the last row", |p| {
        p.gradient = |seed, first, rows, w| {
            let most = rows.saturating_sub(1).max(1);
            (Parts::sound().gradient)(seed, first, most, w) * (most as f64 / rows as f64)
        };
    }),
    ("a gradient in single precision", |p| {
        p.gradient =
            |seed, first, rows, w| (Parts::sound().gradient)(seed, first, rows, w).map(|g| f64::from(g as f32));
    }),
    ("a normalised gradient for the polar factor", |p| p.direction = |g| g / g.norm()),
    ("a polar factor that fills the kernel", |p| {
        p.direction = |g| {
            let svd = g.clone().svd(true, true);
            svd.u.unwrap() * svd.v_t.unwrap()
        };
    }),
    ("a polar factor to single precision", |p| {
        p.direction = |g| (Parts::sound().direction)(g).map(|x| f64::from(x as f32));
    }),
    ("steps one per cent long", |p| p.step = |w, d, eta| w - d * (1.01 * eta)),
    ("steps uphill", |p| p.step = |w, d, eta| w + d * eta),
    ("a bulk that is the mean over all directions", |p| {
        p.overlaps = |w| {
            let mut overlaps = (Parts::sound().overlaps)(w);
            overlaps[2] *= (DIMENSION - 2) as f64 / DIMENSION as f64;
            overlaps
        };
    }),
    ("spike and signal exchanged", |p| {
        p.overlaps = |w| {
            let mut overlaps = (Parts::sound().overlaps)(w);
            overlaps.swap(0, 1);
            overlaps
        };
    }),
];

fn sound(seed: u64, first: u64, rows: usize) -> Drawn {
    let samples = samples(seed, first, rows);
    Drawn {
        inputs: DMatrix::from_fn(rows, DIMENSION, |i, j| samples.get(i, j)),
        noise: (0..rows).map(|i| samples.noise(i)).collect(),
    }
}
