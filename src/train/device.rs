//! Which device computes.

use candle_core::Device;

/// What the user asked for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Choice {
    /// CUDA where this build has it and a card answers, else the CPU.
    #[default]
    Auto,
    Cpu,
    Cuda,
}

/// The CPU's name where so many threads compute.
pub fn cpu_name(threads: usize) -> String {
    let plural = if threads == 1 { "" } else { "s" };
    format!("cpu ({threads} thread{plural})")
}

/// Open the device and name it: `cpu (2 threads)`, `cuda:0`.
///
/// # Errors
/// A sentence for the user where CUDA was asked for and cannot be had.
pub fn open(choice: Choice) -> Result<(Device, String), String> {
    let cpu = || (Device::Cpu, cpu_name(rayon::current_num_threads()));
    let built = candle_core::utils::cuda_is_available();
    match choice {
        Choice::Cpu => Ok(cpu()),
        Choice::Auto if !built => Ok(cpu()),
        Choice::Auto => Ok(Device::new_cuda(0).map_or_else(|_| cpu(), |d| (d, "cuda:0".into()))),
        Choice::Cuda if !built => Err(
            "`--device cuda`: this program was built without CUDA; build it with `--features cuda`, or use \
             `--device cpu`"
                .into(),
        ),
        Choice::Cuda => Device::new_cuda(0)
            .map(|d| (d, "cuda:0".into()))
            .map_err(|e| format!("`--device cuda`: no CUDA device answers: {e}")),
    }
}
