"""Writes graph/: the parts of a small graph as NumPy and SciPy save them.

Five vertices of four features, six edges of which one is given twice and one is a loop, two graphs. Where there is no
SciPy the sparse matrix is written as scipy.sparse.save_npz does. Needs numpy.
"""

import pathlib

import numpy as np

folder = pathlib.Path(__file__).with_name("graph")
folder.mkdir(exist_ok=True)
save = lambda name, array: np.save(folder / f"{name}.npy", array)

features = np.array([[0, 0, 2, 0], [1, 0, 0, 0], [0, 0, 0, 0], [0, 4, 0, 4], [0, 0, 0, 0.5]], dtype="<f4")
save("features", features)
save("features_of_four", features[:4])
rows, columns = np.nonzero(features)
np.savez(folder / "features.npz", indices=columns.astype("<i4"), indptr=np.array([0, 1, 2, 2, 4, 5], dtype="<i4"),
         format=np.array(b"csr"), shape=np.array([5, 4]), data=features[rows, columns])
np.savez(folder / "bad_indices.npz", indices=np.array([2, 9, 1, 3, 3], dtype="<i4"), indptr=np.array([0, 1, 2, 2, 4, 5], dtype="<i4"),
         format=np.array(b"csr"), shape=np.array([5, 4]), data=features[rows, columns])
edges = np.array([[0, 1], [1, 2], [2, 1], [2, 2], [3, 4], [0, 1]])
save("edges", edges)
save("edges_across", edges.T)
save("edges_out_of_range", np.array([[0, 1], [4, 5]]))
save("edges_negative", np.array([[0, 1], [-1, 0]]))
save("edge_features", np.arange(12, dtype="<f8").reshape(6, 2) / 2)
save("edge_features_of_five", np.zeros((5, 2), dtype="<f4"))
save("targets", np.array([1, 0, 1, 1, 0], dtype="<i8"))
save("targets_of_graphs", np.array([0.5, -1.5], dtype="<f4"))
save("graphs", np.array([0, 0, 0, 1, 1], dtype="<i8"))
save("graphs_with_a_gap", np.array([0, 0, 0, 2, 2], dtype="<i8"))
save("train_mask", np.array([1, 0, 1, 0, 0], dtype=bool))
save("validation_mask", np.array([0, 1, 0, 0, 0], dtype=bool))
save("test_mask", np.array([0, 0, 0, 1, 0], dtype="u1"))
save("overlapping_mask", np.array([0, 0, 1, 0, 0], dtype=bool))
save("short_mask", np.array([1, 0, 1], dtype=bool))
