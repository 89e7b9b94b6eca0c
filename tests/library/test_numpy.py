"""What is said of numpy, against numpy itself, on generated arrays: shape, dtype, bounds, members, elements."""

import warnings

import numpy as np
import pytest

PREAMBLE = """
import numpy as np
rng = np.random.default_rng(0)
a = rng.normal(size=({R}, {C})).astype("{F}")
b = np.ones(({R}, {C}), dtype="{G}")
v = rng.uniform(0, 1, size={R}).astype(np.{F})
u = np.arange({C}, dtype=np.{I})
i = rng.integers(0, {R}, size={K})
m = rng.random(({N}, {R}, {C}))
k = a > 0
s = [1, 2, 3]
n = [[1, 2.5], [3, 4]]
lab = np.array([0, 1, 2, 1])
sc = np.float32(1.5)
mono = np.random.randint(0, 255, ({N}, {R}), dtype=np.uint8)
"""

EXPRESSIONS = """
np.array(s); np.array(n); np.array(n, dtype=np.float32); np.array([s, s], dtype=np.int64); np.array(5); np.array([])
np.array([True, False]); np.array([1, 2], ndmin=2); np.array([a, a]); np.array([v[0], v[1]]); np.array((s, s, s)) / 2
np.asarray(a, dtype="float64"); np.array([[[1]]]); np.array([u, u]).shape; np.array(u.shape) * 2; np.array([1, 2.0, True])
np.zeros(3); np.zeros((2, 3), dtype=int); np.zeros(a.shape); np.ones(len(a)); np.ones_like(u); np.zeros_like(a, dtype=np.int64)
np.full((2, 2), 7); np.full(3, 0.5, dtype="float32"); np.full_like(a, 2); np.empty((3, 0)); np.empty_like(m).shape
np.eye(4); np.eye(3, 5); np.eye(3, dtype=np.float32)[lab]; np.identity(3); np.eye({R})[i]; np.eye({R}, k=1); np.tri(3)
np.arange(10); np.arange(2, 10, 3); np.arange(0, 1, 0.1); np.arange(5.0); np.arange({R}) % 3; np.arange(3, dtype=np.float32)
np.arange(0); np.arange(5, 1, -2); np.arange(len(v)); np.arange({R} * {C}).reshape({R}, {C}); np.arange(10)[::-1]
np.linspace(0, 1, 5); np.linspace(-1, 1); np.linspace(0, 10, num=7, dtype=np.float32); np.linspace(0, 2 * np.pi, {K})
np.meshgrid(v, u); np.meshgrid(v, u, indexing="ij"); np.mgrid[0:3, 0:4]; np.ogrid[0:3, 0:4]; np.mgrid[0:5]; np.indices((2, 3))
a + 1; a * 2.0; a + b; u + 1; u / 2; u // 2; u % 3; u ** 2; a ** 2; -a; abs(a); a - a.mean(); u + 0.5; 1 - v; 1 / (v + 1)
a + v[:, None]; a * u; u > 1; (u > 1) & (u < 3); ~(u > 1); k.astype(int); k.sum(); a == b; k | k; k ^ k; u * sc; a * sc; sc + 1
u + u; u - u; u * True; mono / 255.0; mono + 1; mono.astype(np.float32) / 255; mono - 1; mono * 2; mono // 2; mono > 127
a @ b.T; a @ a.T @ a; m @ u; np.dot(a, u); a.dot(b.T); np.matmul(m, a.T); np.outer(v, u); np.inner(a, b); v @ v; np.dot(2, a)
np.einsum("ij,kj->ik", a, b); np.einsum("nij->n", m); np.tensordot(m, a, axes=([1, 2], [0, 1])); np.kron(s, s); np.vdot(v, v)
np.sqrt(16); np.sqrt(v); np.exp(a); np.log(v + 1); np.log1p(v); np.sin(a); np.cos(u); np.tanh(a); np.abs(a); np.square(u)
np.floor(a); np.ceil(v); np.round(v); np.sign(a); np.maximum(a, 0); np.minimum(a, b); np.power(u, 2); np.mod(u, 2); np.exp(0)
np.maximum(u, 2); np.clip(a, 0, 1); a.clip(min=0); np.clip(u, 1, 2); np.isnan(a); np.logical_and(k, k); np.logical_not(k)
np.where(a > 0, 1, 0); np.where(k, a, b); np.where(a > 0, a, 0.0); np.where(u > 1)[0]; np.where(k); np.nonzero(u); np.where(u > 1, u, -1)
np.add(a, 1); np.multiply(u, 2.0); np.divide(u, 2); np.true_divide(u, 2); np.subtract(a, b); np.floor_divide(u, 2); np.hypot(v, v)
a.sum(); a.sum(axis=0); a.sum(axis=1, keepdims=True); a.mean(); a.mean(axis=0); m.mean(axis=(0, 2)); m.std(axis=-1); a.var(0)
u.sum(); u.mean(); u.max(); u.min(); a.max(axis=1); k.mean(); k.any(); k.all(axis=0); a.argmax(); a.argmax(axis=1); np.argmin(a, 0)
np.sum(a); np.mean(s); np.max(u); np.prod((1, 28, 28)); np.prod(a.shape); np.median(a, axis=0); np.std(a); np.var(a, axis=1)
np.sum([1, 2]); np.sum(k, axis=1); np.amax(a); np.ptp(u); np.percentile(a, 50); np.percentile(a, [25, 75], axis=0); np.quantile(v, 0.5)
np.cumsum(u); np.cumsum(a, axis=0); np.cumprod(u); np.average(a, axis=0); np.average(v, weights=v); np.count_nonzero(k); np.argsort(v)
np.argsort(a, axis=0); np.sort(a); np.sort(u)[::-1]; np.sort([3, 1, 2]); np.unique(lab); np.unique(i); np.unique(lab, return_counts=True)
np.unique(i, return_inverse=True); np.bincount(lab); np.bincount(i, minlength={R}); np.bincount(lab, minlength=5); np.bincount(i)
np.histogram(v, bins=4); np.diff(v); np.diff(a, axis=0); np.allclose(a, a); np.array_equal(a, b); np.trace(a @ a.T); np.diag(v); np.diag(a)
np.reshape(a, (-1,)); a.reshape(-1); a.reshape({C}, {R}); a.reshape(-1, 1); a.reshape(({C}, -1)); a.ravel(); a.flatten(); m.reshape({N}, -1)
m.reshape(-1, m.shape[-1]); u.reshape(-1, 1); u[:, None]; u[np.newaxis]; a[..., None]; np.expand_dims(a, 0); np.expand_dims(u, axis=-1)
a.T; m.T; m.transpose(0, 2, 1); np.transpose(m, (2, 0, 1)); np.transpose(a); m.swapaxes(0, 1); np.moveaxis(m, 0, -1); np.moveaxis(m, -1, 1)
np.squeeze(a[None]); a[None].squeeze(0); np.squeeze(np.zeros((1, 3, 1))); np.atleast_2d(u); np.atleast_1d(5); np.atleast_3d(a)
np.concatenate([a, b]); np.concatenate((a, b), axis=1); np.concatenate([u, u]); np.concatenate([np.zeros(3), np.ones(2)]); np.concatenate([a, b], axis=None)
np.stack([a, b]); np.stack([u, u], axis=1); np.stack((v, v), -1); np.vstack([a, b]); np.vstack([u, u]); np.hstack([a, b]); np.hstack([v, v])
np.column_stack([v, v]); np.column_stack((a, v)); np.dstack([a, b]); np.append(u, 3); np.append(a, b, axis=0); np.r_[u, u]; np.c_[v, v]
np.stack([m[0], m[0]]).mean(0); np.concatenate([x[None] for x in a]); np.array([x * 2 for x in s]); np.array([row.sum() for row in a])
np.split(np.arange(6), 3); np.split(np.arange(6), [2, 4]); np.array_split(np.arange(7), 3); np.array_split(a, 2); np.hsplit(a, 1); np.split(a, [1])
np.repeat(s, 2); np.repeat(a, 2, axis=0); np.repeat(np.arange(3), 4); np.repeat(u[None], 3, axis=0); u.repeat(2); np.repeat([0, 1], [2, 3])
np.tile(u, 2); np.tile(a, (2, 1)); np.tile(u, (3, 1)); np.pad(u, 1); np.pad(a, ((0, 1), (2, 0))); np.pad(u, (0, 3), constant_values=-1)
np.pad(m, [(0, 0), (1, 1), (2, 2)], mode="edge"); np.roll(u, 1); np.roll(a, 1, axis=0); np.flip(u); np.flip(a, axis=1); np.fliplr(a); np.rot90(a)
a[0]; a[-1]; a[0, 0]; a[:2]; a[:, 0]; a[:, :1]; a[1:]; a[:-1]; a[::2]; a[:, ::-1]; a[..., 0]; m[0]; m[:, 0]; m[..., -1]; m[0, 1:]; u[0]; u[-1]
a[i % {R}]; u[lab % {C}]; a[[0, 0, 0]]; a[k]; v[v > 2]; a[:, [0, 0]]; a[k[:, 0]]; m[:, k]; a[[0, 1], [0, 1]]; a[np.argsort(v)]; lab[lab > 0]; lab[[1, 2]]
np.take(a, [0, 1], axis=0); np.take_along_axis(a, np.argsort(a, axis=1), axis=1); np.delete(u, 0); np.insert(u, 0, 5); np.triu(a); np.tril(np.ones((3, 3)))
np.random.rand(3, 4); np.random.randn(5); np.random.rand(); np.random.randint(0, 10, size=(3, 2)); np.random.randint(5); np.random.random((2, 3))
np.random.uniform(-1, 1, (3, 3)); np.random.normal(0, 1, size={K}); np.random.normal(v); np.random.choice(5, 3); np.random.choice(u, size=(2, 2))
np.random.permutation({K}); np.random.permutation(a); np.random.binomial(1, 0.5, size=10); np.random.poisson(3, 5); np.random.choice([0.1, 0.2])
np.random.exponential(1.0, 4); np.random.beta(1, 2, size=3); np.random.multivariate_normal([0, 0], np.eye(2), 7); np.random.dirichlet([1, 1], 4)
rng.integers(10); rng.integers(1, 7, 5, endpoint=True); rng.random(); rng.random(3); rng.standard_normal((2, 2)); rng.choice(3, size=4, replace=True)
rng.permutation(5); rng.uniform(size=(2,)); rng.normal(loc=u); rng.choice(a, 2); rng.random((2, 2), dtype=np.float32); rng.poisson(lam=v)
a.shape; a.ndim; a.size; len(a); u.dtype; a.dtype == np.float32; a.tolist(); u.tolist(); a.item(0); u.sum().item(); float(u.sum()); int(v.sum())
a.astype(int); a.astype("float64"); a.astype(np.int64).dtype; u.astype(bool); np.float32(3); np.int64(3.7); np.float64(u.sum()); np.bool_(1)
np.finfo(np.float32).eps; np.iinfo(np.int32).max; np.pi * 2; np.inf; np.linalg.norm(a); np.linalg.norm(a, axis=1, keepdims=True); np.linalg.inv(np.eye(2))
np.isin(u, [1, 2]); np.intersect1d(u, lab); np.searchsorted(np.array([1, 3, 5]), u); np.digitize(v, [0.2, 0.5]); np.logspace(0, 1, 4); np.cov(a.T)
np.isfinite(a).all(); np.nan_to_num(a); np.cross([1, 0, 0], [0, 1, 0]); np.corrcoef(a); np.copy(a); a.copy().T; np.broadcast_to(u, (3, {C}))
np.fromiter((x for x in s), dtype=int); np.argwhere(u > 1); np.ravel(n); np.ndim(n); np.shape(a); np.size(a); np.dtype("float32"); np.vectorize(lambda x: x * 2)(u)
np.apply_along_axis(lambda r: r.sum(), 1, a); np.polyfit(v, v, 2); np.gradient(v); np.interp(v, v, v); np.convolve(v, v, mode="valid"); np.ix_(u, u)
[x.shape for x in np.array_split(np.arange(10), 3)]; {{c: x for c, x in enumerate(np.unique(lab))}}; sum(u); max(u); min(lab); sorted(lab); list(u); [x for x in lab]
np.zeros((2, 3))[0].sum(); np.eye(3)[1].argmax(); np.ones((3, 3)).cumsum(); np.arange(12).reshape(3, 4)[1]; np.arange(12).reshape(3, 4).sum(axis=1)
np.arange(6).reshape(2, 3).T; (np.arange(6) // 2).max(); np.array([3, 1, 2]).argsort(); (np.arange(20) % 4).astype(np.int64); np.array(["a", "b"])
(a - a.min(axis=0)) / (a.max(axis=0) - a.min(axis=0) + 1e-8); (lab == lab).mean(); (a.argmax(1) == a.argmax(1)).sum(); np.eye(3)[lab].sum(0)
""".replace("\n", ";")
SOURCES = [text.strip() for text in EXPRESSIONS.split(";") if text.strip()]


def program(seed):
    draw = np.random.default_rng(seed)
    sizes = {name: int(draw.integers(2, 6)) for name in "RCNK"}
    dtypes = {
        "F": str(draw.choice(["float32", "float64"])),
        "G": str(draw.choice(["float32", "float64", "int64", "uint8"])),
        "I": str(draw.choice(["int64", "int32", "uint8"])),
    }
    lines = [PREAMBLE.format(**sizes, **dtypes)]
    lines += [f"x{n} = {text.format(**sizes, **dtypes)}" for n, text in enumerate(SOURCES)]
    return lines


def really(lines):
    """Run a program line by line; a line that raises leaves no name."""
    names = {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        exec(lines[0], names)
        for line in lines[1:]:
            try:
                exec(line, names)
            except Exception:
                continue
    return names


@pytest.mark.parametrize("seed", range(6))
def test_nothing_wrong_is_said_of_arrays(seed, follow, faults):
    lines = program(seed)
    real = really(lines)
    found = follow("\n".join(lines))
    wrong = [
        f"{lines[n + 1]}: {fault}"
        for n in range(len(SOURCES))
        if f"x{n}" in real and f"x{n}" in found
        for fault in faults(found[f"x{n}"], real[f"x{n}"])
    ]
    assert wrong == []


def test_most_of_it_is_known(follow, share):
    lines = program(0)
    real = really(lines)
    found = follow("\n".join(lines))
    shares = {SOURCES[n]: share(found[f"x{n}"]) for n in range(len(SOURCES)) if f"x{n}" in real}
    assert len(shares) > 400
    unknown = [text for text, part in shares.items() if part == 0]
    assert sum(shares.values()) / len(shares) > 0.95, unknown
