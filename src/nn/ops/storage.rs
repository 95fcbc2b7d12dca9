//! Between candle's tensors and the kernels' slices.

use candle_core::{CpuStorage, DType, Layout, Result, Storage, Tensor, bail};

/// True where our kernels apply: `f32` on the CPU.
pub fn ours(x: &Tensor) -> bool {
    x.device().is_cpu() && x.dtype() == DType::F32
}

/// The elements of a contiguous operand.
pub fn slice<'a>(op: &str, storage: &'a CpuStorage, layout: &Layout) -> Result<&'a [f32]> {
    let data: &[f32] = storage.as_slice()?;
    match layout.contiguous_offsets() {
        Some((from, to)) => Ok(&data[from..to]),
        None => bail!("{op} wants a contiguous tensor, found {layout:?}"),
    }
}

/// Lend the elements of a contiguous `f32` tensor on the CPU.
pub fn read<R>(x: &Tensor, f: impl FnOnce(&[f32]) -> Result<R>) -> Result<R> {
    let (storage, layout) = x.storage_and_layout();
    match &*storage {
        Storage::Cpu(storage) => f(slice("a kernel", storage, layout)?),
        _ => bail!("a CPU kernel was given a tensor of another device"),
    }
}

/// A tensor of `shape` on the CPU whose elements `fill` writes.
pub fn filled(like: &Tensor, fill: impl FnOnce(&mut [f32]) -> Result<()>) -> Result<Tensor> {
    let mut data = vec![0.0; like.elem_count()];
    fill(&mut data)?;
    Tensor::from_vec(data, like.shape(), like.device())
}
