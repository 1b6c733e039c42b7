use std::fs;
use std::time::Instant;

/// CPU time of all threads of this process in seconds; 0 where the system does not say.
fn cpu_seconds() -> f64 {
    let threads = fs::read_dir("/proc/self/task").into_iter().flatten().flatten();
    let nanoseconds = |thread: fs::DirEntry| -> Option<f64> {
        let text = fs::read_to_string(thread.path().join("schedstat")).ok()?;
        text.split_whitespace().next()?.parse().ok()
    };
    1e-9 * threads.filter_map(nanoseconds).sum::<f64>()
}

/// Prints the best wall time and the best CPU time of a call, in units of `unit` seconds: single calls for the wall, blocks of a
/// tenth of a second for the CPU.
pub(crate) fn report(unit: f64, mut call: impl FnMut()) {
    call();
    let (mut wall, mut cpu) = (f64::INFINITY, f64::INFINITY);
    let begin = Instant::now();
    while begin.elapsed().as_secs_f64() < 1.0 {
        let (block, before, mut calls) = (Instant::now(), cpu_seconds(), 0);
        while block.elapsed().as_secs_f64() < 0.1 {
            let start = Instant::now();
            call();
            wall = wall.min(start.elapsed().as_secs_f64());
            calls += 1;
        }
        cpu = cpu.min((cpu_seconds() - before) / f64::from(calls));
    }
    println!("{} {}", wall / unit, cpu / unit);
}
