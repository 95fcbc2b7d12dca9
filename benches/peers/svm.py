"""scikit-learn's LinearSVC (LIBLINEAR) on the same rows. svm/ROWS/COLUMNS/C; DATA holds f32 rows, then a byte each label

The time is that of `fit`; what a run comes to is the sum of the ten classes' objectives. LIBLINEAR works in double
precision, so the rows are converted before.
"""

import numpy
from sklearn.svm import LinearSVC


def variants(_):
    # scikit-learn's own tolerance, and the loosest that still comes to the same objective within 0.1%. With fewer rows than
    # columns LIBLINEAR's primal solver is no match: 47 s at 4,000 rows, where the dual takes 14 and 31.
    return ["dual,tol=1e-4", "dual,tol=1e-1"]


def make(row, variant, data):
    rows, columns, c = int(row[0]), int(row[1]), float(row[2])
    x = numpy.fromfile(data, dtype="<f4", count=rows * columns).reshape(rows, columns).astype(numpy.float64)
    y = numpy.fromfile(data, dtype=numpy.uint8, offset=rows * columns * 4)
    solver, tol = variant.split(",tol=")
    svm = LinearSVC(C=c, dual=solver == "dual", tol=float(tol), random_state=0)

    class Fit:
        def __call__(self):
            svm.fit(x, y)
            return self

        def __float__(self):
            total = 0.0
            for k, (w, b) in enumerate(zip(svm.coef_, svm.intercept_)):
                slack = numpy.maximum(0, 1 - numpy.where(y == svm.classes_[k], 1.0, -1.0) * (x @ w + b))
                total += 0.5 * (w @ w + b * b) + c * (slack @ slack)
            return total

    return Fit()
