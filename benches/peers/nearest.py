"""scikit-learn's and faiss's exact nearest neighbours. nearest/REFERENCES; DATA holds the references as bytes, a byte for each of their
labels, then 10,000 queries and theirs

Timed is the search alone: numbers are converted, and an index is filled, before. What a run comes to is the number of queries whose
nearest reference has another label.
"""

import numpy

PIXELS = 784


def variants(_):
    # In single precision by matrix products; faiss's index of bytes compares one pair at a time.
    return ["sklearn,brute", "faiss,flat", "faiss,bytes"]


def make(row, variant, data):
    count = int(row[0])
    data = numpy.memmap(data, dtype=numpy.uint8, mode="r")
    references, rest = data[: count * PIXELS].reshape(count, PIXELS), data[count * PIXELS :]
    labels, rest = numpy.array(rest[:count]), rest[count:]
    n = len(rest) // (PIXELS + 1)
    queries = rest[: n * PIXELS].reshape(n, PIXELS).astype(numpy.float32)
    truth = numpy.array(rest[n * PIXELS :])
    if variant == "sklearn,brute":
        from sklearn.neighbors import NearestNeighbors

        model = NearestNeighbors(n_neighbors=1, algorithm="brute").fit(references.astype(numpy.float32))
        found = lambda: model.kneighbors(queries, return_distance=False)
    else:
        import faiss

        if variant == "faiss,flat":
            index = faiss.IndexFlatL2(PIXELS)
        else:
            index = faiss.IndexScalarQuantizer(PIXELS, faiss.ScalarQuantizer.QT_8bit_direct)
            index.is_trained = True
        for first in range(0, count, 10_000):
            index.add(references[first : first + 10_000].astype(numpy.float32))
        found = lambda: index.search(queries, 1)[1]
    return lambda: (labels[found()[:, 0]] != truth).sum()
