#!/usr/bin/env python3
"""Writes augmentations.json: images turned by SciPy, colours changed by NumPy after torchvision's formulas, and quantiles of
the Beta distribution. Needs NumPy and SciPy."""

import json
import pathlib

import numpy as np
from scipy import ndimage, stats

random = np.random.default_rng(5)


def rotated(image, degrees, fill):
    """Each plane about its middle, clockwise as seen with the first row on top."""
    angle = np.deg2rad(degrees)
    # Rows and columns of the input for those of the output.
    matrix = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    middle = (np.array(image.shape[1:]) - 1) / 2
    return np.stack([
        ndimage.affine_transform(plane, matrix, offset=middle - matrix @ middle, order=1, mode="grid-constant", cval=fill)
        for plane in image])


def gray(image):
    return 0.299 * image[0] + 0.587 * image[1] + 0.114 * image[2]


def colored(image, kind, factor):
    other = {"brightness": 0.0, "contrast": gray(image).mean(), "saturation": gray(image)}[kind]
    return np.clip(factor * image + (1 - factor) * other, 0, 255)


def numbers(array):
    return [float(value) for value in np.asarray(array).ravel()]


image = random.uniform(0, 1, (2, 5, 7))
color = random.integers(0, 256, (3, 4, 6)).astype(float)
fixture = {
    "image": {"shape": list(image.shape), "values": numbers(image)},
    "rotations": [
        {"degrees": degrees, "fill": fill, "values": numbers(rotated(image, degrees, fill))}
        for degrees, fill in [(0, 0.0), (90, 0.5), (17, 0.0), (-33.5, 0.25), (180, 1.0)]],
    "color": {"shape": list(color.shape), "values": numbers(color)},
    "changes": [
        {"kind": kind, "factor": factor, "values": numbers(colored(color, kind, factor))}
        for kind in ("brightness", "contrast", "saturation") for factor in (0.6, 1.35)],
    "beta": [
        {"alpha": alpha, "quantiles": numbers(stats.beta(alpha, alpha).ppf(np.linspace(0.1, 0.9, 9)))}
        for alpha in (0.05, 0.2, 1.0, 4.0)],
}
pathlib.Path(__file__).with_name("augmentations.json").write_text(json.dumps(fixture, indent=1) + "\n")
