//! The network's layers as data, by their names in the weights' file.

/// A step of a chain.
pub(super) enum Step {
    Conv(Conv),
    /// 3x3, stride 1, over the cells inside the map.
    Average,
    /// 3x3.
    Max {
        stride: usize,
        pad: usize,
    },
    /// Chains side by side on the same map; their channels follow one another.
    Fork(Vec<Vec<Step>>),
    /// A map whose mean is a feature vector by itself.
    Tap,
}

/// Convolution without bias, batch norm, ReLU.
pub(super) struct Conv {
    pub name: String,
    pub input: usize,
    pub output: usize,
    pub kernel: [usize; 2],
    pub stride: usize,
    pub pad: [usize; 2],
}

/// Of the batch norm after each convolution.
const NORM: [&str; 4] = ["weight", "bias", "running_mean", "running_var"];

/// Name and shape of each tensor of a chain.
pub(super) fn tensors(steps: &[Step]) -> Vec<(String, Vec<usize>)> {
    let mut all = Vec::new();
    for step in steps {
        match step {
            Step::Conv(c) => {
                let [kh, kw] = c.kernel;
                let shape = vec![c.output, c.input, kh, kw];
                all.push((format!("{}.conv.weight", c.name), shape));
                let parts = NORM.iter().map(|part| format!("{}.bn.{part}", c.name));
                all.extend(parts.map(|name| (name, vec![c.output])));
            }
            Step::Fork(chains) => all.extend(chains.iter().flat_map(|c| tensors(c))),
            Step::Average | Step::Max { .. } | Step::Tap => {}
        }
    }
    all
}

/// Names the layers of one block.
struct Block<'a>(&'a str);

impl Block<'_> {
    fn conv(&self, name: &str, [input, output]: [usize; 2], kernel: [usize; 2]) -> Step {
        let [h, w] = kernel;
        self.strided(name, [input, output], kernel, 1, [h / 2, w / 2])
    }

    fn strided(
        &self,
        name: &str,
        [input, output]: [usize; 2],
        kernel: [usize; 2],
        stride: usize,
        pad: [usize; 2],
    ) -> Step {
        let name = match self.0 {
            "" => name.to_string(),
            block => format!("{block}.{name}"),
        };
        Step::Conv(Conv {
            name,
            input,
            output,
            kernel,
            stride,
            pad,
        })
    }
}

/// The whole network up to its last map, 8x8 cells of 2,048 channels, from 299x299 pixels.
pub(super) fn steps() -> Vec<Step> {
    let stem = Block("");
    let halve = || Step::Max { stride: 2, pad: 0 };
    let mut steps = vec![
        stem.strided("Conv2d_1a_3x3", [3, 32], [3, 3], 2, [0, 0]),
        stem.strided("Conv2d_2a_3x3", [32, 32], [3, 3], 1, [0, 0]),
        stem.conv("Conv2d_2b_3x3", [32, 64], [3, 3]),
        halve(),
        Step::Tap,
        stem.conv("Conv2d_3b_1x1", [64, 80], [1, 1]),
        stem.strided("Conv2d_4a_3x3", [80, 192], [3, 3], 1, [0, 0]),
        halve(),
        Step::Tap,
    ];
    for (name, input, pooled) in [
        ("Mixed_5b", 192, 32),
        ("Mixed_5c", 256, 64),
        ("Mixed_5d", 288, 64),
    ] {
        steps.push(wide(&Block(name), input, pooled));
    }
    steps.push(shrink_to_17(&Block("Mixed_6a")));
    for (name, narrow) in [
        ("Mixed_6b", 128),
        ("Mixed_6c", 160),
        ("Mixed_6d", 160),
        ("Mixed_6e", 192),
    ] {
        steps.push(factorised(&Block(name), narrow));
    }
    steps.push(Step::Tap);
    steps.push(shrink_to_8(&Block("Mixed_7a")));
    steps.push(expanded(&Block("Mixed_7b"), 1280, Step::Average));
    let max = Step::Max { stride: 1, pad: 1 };
    steps.push(expanded(&Block("Mixed_7c"), 2048, max));
    steps
}

fn wide(b: &Block, input: usize, pooled: usize) -> Step {
    Step::Fork(vec![
        vec![b.conv("branch1x1", [input, 64], [1, 1])],
        vec![
            b.conv("branch5x5_1", [input, 48], [1, 1]),
            b.conv("branch5x5_2", [48, 64], [5, 5]),
        ],
        vec![
            b.conv("branch3x3dbl_1", [input, 64], [1, 1]),
            b.conv("branch3x3dbl_2", [64, 96], [3, 3]),
            b.conv("branch3x3dbl_3", [96, 96], [3, 3]),
        ],
        vec![
            Step::Average,
            b.conv("branch_pool", [input, pooled], [1, 1]),
        ],
    ])
}

fn shrink_to_17(b: &Block) -> Step {
    Step::Fork(vec![
        vec![b.strided("branch3x3", [288, 384], [3, 3], 2, [0, 0])],
        vec![
            b.conv("branch3x3dbl_1", [288, 64], [1, 1]),
            b.conv("branch3x3dbl_2", [64, 96], [3, 3]),
            b.strided("branch3x3dbl_3", [96, 96], [3, 3], 2, [0, 0]),
        ],
        vec![Step::Max { stride: 2, pad: 0 }],
    ])
}

fn factorised(b: &Block, narrow: usize) -> Step {
    let n = narrow;
    Step::Fork(vec![
        vec![b.conv("branch1x1", [768, 192], [1, 1])],
        vec![
            b.conv("branch7x7_1", [768, n], [1, 1]),
            b.conv("branch7x7_2", [n, n], [1, 7]),
            b.conv("branch7x7_3", [n, 192], [7, 1]),
        ],
        vec![
            b.conv("branch7x7dbl_1", [768, n], [1, 1]),
            b.conv("branch7x7dbl_2", [n, n], [7, 1]),
            b.conv("branch7x7dbl_3", [n, n], [1, 7]),
            b.conv("branch7x7dbl_4", [n, n], [7, 1]),
            b.conv("branch7x7dbl_5", [n, 192], [1, 7]),
        ],
        vec![Step::Average, b.conv("branch_pool", [768, 192], [1, 1])],
    ])
}

fn shrink_to_8(b: &Block) -> Step {
    Step::Fork(vec![
        vec![
            b.conv("branch3x3_1", [768, 192], [1, 1]),
            b.strided("branch3x3_2", [192, 320], [3, 3], 2, [0, 0]),
        ],
        vec![
            b.conv("branch7x7x3_1", [768, 192], [1, 1]),
            b.conv("branch7x7x3_2", [192, 192], [1, 7]),
            b.conv("branch7x7x3_3", [192, 192], [7, 1]),
            b.strided("branch7x7x3_4", [192, 192], [3, 3], 2, [0, 0]),
        ],
        vec![Step::Max { stride: 2, pad: 0 }],
    ])
}

fn expanded(b: &Block, input: usize, pool: Step) -> Step {
    let halves = |across: &str, down: &str| {
        Step::Fork(vec![
            vec![b.conv(across, [384, 384], [1, 3])],
            vec![b.conv(down, [384, 384], [3, 1])],
        ])
    };
    Step::Fork(vec![
        vec![b.conv("branch1x1", [input, 320], [1, 1])],
        vec![
            b.conv("branch3x3_1", [input, 384], [1, 1]),
            halves("branch3x3_2a", "branch3x3_2b"),
        ],
        vec![
            b.conv("branch3x3dbl_1", [input, 448], [1, 1]),
            b.conv("branch3x3dbl_2", [448, 384], [3, 3]),
            halves("branch3x3dbl_3a", "branch3x3dbl_3b"),
        ],
        vec![pool, b.conv("branch_pool", [input, 192], [1, 1])],
    ])
}
