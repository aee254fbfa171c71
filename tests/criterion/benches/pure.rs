//! How long the pure parts take, for 100, 1,000 and 10,000 things.

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use crossover_bench::parts::PARTS;

fn pure(criterion: &mut Criterion) {
    for (name, ready) in PARTS {
        let mut group = criterion.benchmark_group(name);
        group.sample_size(10);
        for number in [100, 1_000, 10_000] {
            let mut part = ready(number);
            group.throughput(Throughput::Elements(number as u64));
            group.bench_function(BenchmarkId::from_parameter(number), |bencher| bencher.iter(&mut part));
        }
        group.finish();
    }
}

criterion_group!(benches, pure);
criterion_main!(benches);
