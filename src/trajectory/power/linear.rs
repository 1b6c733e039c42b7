use crate::scalar::Real;

/// Solves `matrix X = columns` in place, by elimination with partial pivoting; `columns[r]` holds row r of all right-hand sides.
/// False if the matrix is singular.
pub(super) fn solve<T: Real>(matrix: &mut [Vec<T>], columns: &mut [Vec<T>]) -> bool {
    let n = matrix.len();
    for k in 0..n {
        let mut pivot = k;
        for r in k + 1..n {
            if matrix[r][k].abs() > matrix[pivot][k].abs() {
                pivot = r;
            }
        }
        matrix.swap(k, pivot);
        columns.swap(k, pivot);
        if matrix[k][k] == matrix[k][k].int(0) || !matrix[k][k].is_finite() {
            return false;
        }
        for r in k + 1..n {
            let (upper, lower) = matrix.split_at_mut(r);
            let (row, pivot_row) = (&mut lower[0], &upper[k]);
            let factor = -(row[k].clone() / &pivot_row[k]);
            for c in k + 1..n {
                row[c].add_prod(&factor, &pivot_row[c]);
            }
            eliminate(columns, r, k, &factor);
        }
    }
    for k in (0..n).rev() {
        for c in k + 1..n {
            let factor = -matrix[k][c].clone();
            eliminate(columns, k, c, &factor);
        }
        for x in &mut columns[k] {
            *x = x.clone() / &matrix[k][k];
        }
    }
    true
}

/// Adds `factor` times row `from` to row `to`.
fn eliminate<T: Real>(rows: &mut [Vec<T>], to: usize, from: usize, factor: &T) {
    let source = std::mem::take(&mut rows[from]);
    for (x, y) in rows[to].iter_mut().zip(&source) {
        x.add_prod(factor, y);
    }
    rows[from] = source;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_permuted_triangular_system_is_solved_and_a_singular_one_refused() {
        let mut matrix = vec![vec![0.0, 2.0, 1.0], vec![4.0, 0.0, 0.0], vec![0.0, 0.0, 8.0]];
        let mut columns = vec![vec![5.0, 2.0], vec![4.0, 8.0], vec![8.0, 0.0]];
        assert!(solve(&mut matrix, &mut columns));
        assert_eq!(columns, [vec![1.0, 2.0], vec![2.0, 1.0], vec![1.0, 0.0]]);
        assert!(!solve(&mut [vec![1.0, 2.0], vec![2.0, 4.0]], &mut [vec![1.0], vec![1.0]]));
    }
}
