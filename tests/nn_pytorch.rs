//! Every op against PyTorch's values, on candle's tape and as the planned nets call the kernels.
//!
//! PyTorch computed in double precision; a result of ours is off by single precision's rounding of its sums, of its factors in
//! minimal filtering, and of a polynomial in tanh and sigmoid. The tolerances are some four times what was seen.

#[path = "nn_pytorch/case.rs"]
mod case;
#[path = "nn_pytorch/kernels.rs"]
mod kernels;
#[path = "fixtures/pytorch.rs"]
mod pytorch;

use candle_core::{Device, Tensor, Var};
use case::{Case, Op};
use dcgan::nn::cpu::adam;
use dcgan::nn::ops::{self, Activation, BatchMoments, Conv2d, ConvTranspose2d, Normalisation};
use dcgan::spec::AdamSpec;
use dcgan::train::Adam;
use pytorch::Recorded;

const SLOPE: f32 = 0.2;
const EPSILON: f32 = 1e-8;
const ADAM: AdamSpec = AdamSpec {
    lr: 2e-3,
    beta1: 0.5,
    beta2: 0.999,
    eps: 1e-8,
};

fn tensor(values: Vec<f32>, shape: &[usize]) -> Tensor {
    Tensor::from_vec(values, shape, &Device::Cpu).unwrap()
}

fn flat(t: &Tensor) -> Vec<f32> {
    t.flatten_all().unwrap().to_vec1().unwrap()
}

/// On the tape, channels first.
fn on_tape(case: &Case, x: &[Tensor]) -> candle_core::Result<Tensor> {
    match case.op {
        Op::Conv {
            stride, padding, ..
        } => ops::conv2d(&x[0], &x[1], Conv2d { stride, padding }),
        Op::Transpose {
            stride,
            padding,
            output_padding,
            ..
        } => {
            let config = ConvTranspose2d {
                stride,
                padding,
                output_padding,
            };
            ops::conv_transpose2d(&x[0], &x[1], config)
        }
        Op::Norm { slope, given } => {
            let s = case.statistics();
            let moments = BatchMoments {
                mean: tensor(s.mean, &case.x[1..2]),
                variance: tensor(s.variance, &case.x[1..2]),
            };
            let n = match given {
                true => Normalisation::Given(&moments),
                false => Normalisation::Batch,
            };
            let a = Activation::LeakyRelu(slope);
            Ok(ops::batch_norm_act(&x[0], &x[1], &x[2], n, a, f64::from(EPSILON))?.0)
        }
        Op::Tanh => ops::tanh(&x[0]),
        Op::Sigmoid => ops::sigmoid(&x[0]),
        Op::Leaky => ops::leaky_relu(&x[0], SLOPE),
        Op::Bce { target } => ops::bce_with_logits(&x[0], target),
        Op::Pool { grid } => ops::max_pool_to_grid(&x[0], grid),
        Op::Adam { .. } => unreachable!("updates have no gradient"),
    }
}

/// Check value and gradients of every op that has them.
fn check_all(run: impl Fn(&Case, &dyn Fn(usize) -> Vec<f32>) -> (Vec<f32>, Vec<Vec<f32>>)) {
    let mut recorded = Recorded::load("ops.safetensors");
    let cases: Vec<Case> = recorded.cases();
    for case in &cases {
        let (name, tolerance) = (&case.name, case.tolerance());
        if let Op::Adam { l2, steps } = case.op {
            update(case, l2, steps, &mut recorded);
            continue;
        }
        let above = |n| match case.op {
            Op::Bce { .. } => vec![1.0],
            _ => case.noise("above", n, 1.0, 0.0),
        };
        let (y, gradients) = run(case, &above);
        recorded.check(&format!("{name}.y"), &y, tolerance);
        for ((input, ..), gradient) in case.inputs().iter().zip(&gradients) {
            recorded.check(&format!("{name}.d{input}"), gradient, tolerance);
        }
    }
    recorded.finish();
}

/// Adam over a named variable as the trainer has it, and its kernel over slices, step by step.
fn update(case: &Case, l2: f64, steps: usize, recorded: &mut Recorded) {
    let mut slice = case.values().swap_remove(0);
    let (mut first, mut second) = (vec![0.0; slice.len()], vec![0.0; slice.len()]);
    let var = Var::from_tensor(&tensor(slice.clone(), &case.x)).unwrap();
    let mut named = Adam::new(ADAM, l2, [("p", &var)].into_iter()).unwrap();
    for step in 0..steps {
        let gradient = case.noise(&format!("g{step}"), slice.len(), 1.0 / 64.0, 0.0);
        let t = step as u64 + 1;
        let betas = (ADAM.beta1, ADAM.beta2);
        let hyper = adam::Hyper::at(t, ADAM.lr, betas, ADAM.eps, l2);
        adam::step(&hyper, &mut slice, &gradient, &mut first, &mut second);
        let gradient = tensor(gradient, &case.x);
        named.update([("p", &var, gradient)].into_iter()).unwrap();
        assert_eq!(flat(var.as_tensor()), slice, "{} after {t}", case.name);
        recorded.check(&format!("{}.p{step}", case.name), &slice, case.tolerance());
    }
}

#[test]
fn ops_on_the_tape_agree_with_pytorch() {
    check_all(|case, above| {
        let shaped = case.inputs().into_iter().zip(case.values());
        let vars: Vec<Var> = shaped
            .map(|((_, shape, ..), v)| Var::from_tensor(&tensor(v, &shape)).unwrap())
            .collect();
        let tensors: Vec<Tensor> = vars.iter().map(|v| v.as_tensor().clone()).collect();
        let y = on_tape(case, &tensors).unwrap();
        let dy = tensor(above(y.elem_count()), y.dims());
        let loss = (&y * dy).unwrap().sum_all().unwrap();
        let grads = loss.backward().unwrap();
        let of = |v: &Var| flat(grads.get(v.as_tensor()).expect("a gradient"));
        (flat(&y), vars.iter().map(of).collect())
    });
}

#[test]
fn kernels_agree_with_pytorch() {
    check_all(kernels::by_kernels);
}
