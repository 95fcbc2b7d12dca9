//! What the table was made on.

/// The processor, its cores and vector instructions, and the threads used.
pub fn describe(threads: usize) -> String {
    let info = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let field = |name: &str| {
        let line = info.lines().find(|l| l.starts_with(name))?;
        Some(line.split_once(':')?.1.trim().to_string())
    };
    let model = field("model name").unwrap_or_else(|| std::env::consts::ARCH.to_string());
    let flags = field("flags").unwrap_or_default();
    let known = ["avx2", "avx512f", "avx512_bf16", "amx_bf16"];
    let vectors: Vec<&str> = known
        .into_iter()
        .filter(|k| flags.split(' ').any(|f| f == *k))
        .collect();
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    format!(
        "{model}, {cores} cores ({}); {threads} threads",
        vectors.join(", ")
    )
}
