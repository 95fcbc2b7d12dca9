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

/// The name of the card of that number; the driver's word for it may not be had.
fn cuda_name(ordinal: usize, card: Option<&str>) -> String {
    match card.map(str::trim).filter(|card| !card.is_empty()) {
        Some(card) => format!("cuda:{ordinal} ({card})"),
        None => format!("cuda:{ordinal}"),
    }
}

/// Open the device and name it as records do: `cpu (2 threads)`, `cuda:0 (NVIDIA H100 80GB HBM3)`.
///
/// # Errors
/// A sentence for the user where CUDA was asked for and cannot be had.
pub fn open(choice: Choice) -> Result<(Device, String), String> {
    let cpu = || (Device::Cpu, cpu_name(rayon::current_num_threads()));
    let built = candle_core::utils::cuda_is_available();
    match choice {
        Choice::Cpu => Ok(cpu()),
        Choice::Auto if !built => Ok(cpu()),
        Choice::Auto => Ok(cuda(0).unwrap_or_else(|_| cpu())),
        Choice::Cuda if !built => Err(
            "`--device cuda`: this program was built without CUDA; build it with `--features cuda`, or use \
             `--device cpu`"
                .into(),
        ),
        Choice::Cuda => {
            cuda(0).map_err(|e| format!("`--device cuda`: no CUDA device answers: {e}"))
        }
    }
}

fn cuda(ordinal: usize) -> candle_core::Result<(Device, String)> {
    let device = Device::new_cuda(ordinal)?;
    let name = cuda_name(ordinal, card(&device).as_deref());
    Ok((device, name))
}

/// What the driver calls the card.
#[cfg(feature = "cuda")]
fn card(device: &Device) -> Option<String> {
    let stream = device.as_cuda_device().ok()?.cuda_stream();
    stream.context().name().ok()
}

#[cfg(not(feature = "cuda"))]
fn card(_: &Device) -> Option<String> {
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_card_is_named_as_records_promise() {
        let name = cuda_name(0, Some("NVIDIA H100 80GB HBM3"));
        assert_eq!(name, "cuda:0 (NVIDIA H100 80GB HBM3)");
        assert_eq!(cuda_name(1, None), "cuda:1");
        assert_eq!(cuda_name(0, Some(" ")), "cuda:0");
        assert_eq!(
            (cpu_name(1), cpu_name(2)),
            ("cpu (1 thread)".into(), "cpu (2 threads)".into())
        );
    }

    #[cfg(not(feature = "cuda"))]
    #[test]
    fn a_build_without_cuda_says_so_where_it_is_asked_for() {
        assert!(open(Choice::Cuda).unwrap_err().contains("--features cuda"));
        assert!(open(Choice::Auto).unwrap().1.starts_with("cpu ("));
    }
}
