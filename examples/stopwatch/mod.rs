use std::fs;
use std::time::Instant;

/// CPU time of this process in seconds, in ticks of 10 ms; 0 where the system does not say.
fn cpu_seconds() -> f64 {
    let text = fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields: Vec<&str> = text.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
    [11, 12].iter().map(|i| fields.get(*i).and_then(|x| x.parse::<f64>().ok()).unwrap_or(0.0)).sum::<f64>() / 100.0
}

/// Prints the best wall time and the best CPU time of a call, in units of `unit` seconds: single calls for the wall, blocks of half a
/// second for the coarse CPU clock.
pub(crate) fn report(unit: f64, mut call: impl FnMut()) {
    call();
    let (mut wall, mut cpu) = (f64::INFINITY, f64::INFINITY);
    let begin = Instant::now();
    while begin.elapsed().as_secs_f64() < 1.0 {
        let (block, before, mut calls) = (Instant::now(), cpu_seconds(), 0);
        while block.elapsed().as_secs_f64() < 0.5 {
            let start = Instant::now();
            call();
            wall = wall.min(start.elapsed().as_secs_f64());
            calls += 1;
        }
        cpu = cpu.min((cpu_seconds() - before) / f64::from(calls));
    }
    println!("{} {}", wall / unit, cpu / unit);
}
