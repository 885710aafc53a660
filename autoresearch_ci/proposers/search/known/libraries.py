"""Arguments that well-known Python libraries take, by the full name of what is called.

Only what may stand wherever the call works: no argument that changes the shape of a result, and
none that needs another one. From the libraries' own reference pages.
"""

from __future__ import annotations

from dataclasses import dataclass

INFINITE = float("inf")


@dataclass(frozen=True, slots=True)
class Words:
    """An argument with a closed set of values, as Python writes them.

    `position` is where it may stand without its name, from 0. `added` are values with which it
    may be given where it is not, and `unless` are arguments beside which it may not be touched.
    """

    name: str
    values: tuple[str, ...]
    position: int = -1
    added: tuple[str, ...] = ()
    unless: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Range:
    """An argument that is a number between two bounds, both of which it may have."""

    name: str
    low: float
    high: float = INFINITE
    position: int = -1
    kind: str = "log"


def _words(name: str, values: str, **more: object) -> Words:
    """Values from a text: a bare word stands for a string, True, False and None for themselves."""
    return Words(name, tuple(map(_quoted, values.split())), **more)  # type: ignore[arg-type]


def _quoted(word: str) -> str:
    return word if word in ("True", "False", "None") or word[0].isdigit() else f'"{word}"'


def _share(name: str, low: float = 0.0, high: float = 1.0) -> Range:
    return Range(name, low, high, kind="odds")


_LEVEL = Range("level", 1, 9, 1)
_COMPRESS = Range("compresslevel", 1, 9, 1)
_TREE = (
    Range("min_samples_split", 2),
    Range("min_samples_leaf", 1),
    Range("max_depth", 1),
    Range("max_leaf_nodes", 2),
    _words("max_features", "sqrt log2 None", added=('"sqrt"', '"log2"')),
)
_GINI = _words("criterion", "gini entropy log_loss", added=('"entropy"',))
_ERROR = _words("criterion", "squared_error absolute_error friedman_mse")
_WEIGHT = _words("class_weight", "None balanced", added=('"balanced"',))
_BOOTSTRAP = _words("bootstrap", "True False", unless=frozenset({"oob_score", "max_samples"}))
_BOOSTING = (_share("subsample", 0.1), Range("learning_rate", 1e-4, 1.0), *_TREE)
_HISTOGRAM = (
    Range("learning_rate", 1e-4, 1.0),
    Range("max_bins", 2, 255),
    Range("max_leaf_nodes", 2),
    Range("min_samples_leaf", 1),
)
_NEIGHBOURS = (
    _words("weights", "uniform distance", position=1, added=('"distance"',)),
    _words("metric", "minkowski manhattan euclidean chebyshev", added=('"manhattan"',)),
    Range("n_neighbors", 1, position=0),
)
_PERCEPTRON = (
    _words("activation", "relu tanh logistic identity", added=('"tanh"',)),
    _words("solver", "adam sgd lbfgs", added=('"lbfgs"',)),
    _words("early_stopping", "True False"),
)
_KERNELS = (
    _words("kernel", "rbf linear poly sigmoid", added=('"linear"', '"poly"')),
    _words("gamma", "scale auto"),
)
_VECTORS = (
    _words("analyzer", "word char char_wb", unless=frozenset({"tokenizer", "preprocessor"})),
    _words("binary", "True False", added=("True",)),
)
_ADAM = (_words("amsgrad", "True False", added=("True",)),)
_WINDOWS = "hamming hann blackman bartlett boxcar"
_NDIMAGE = (_words("mode", "reflect nearest mirror constant wrap", added=('"nearest"',)),)
_METHODS = ("Nelder-Mead", "Powell", "BFGS", "CG", "L-BFGS-B")
_MINIMIZE = Words(
    "method",
    tuple(f'"{method}"' for method in _METHODS),
    added=tuple(f'"{method}"' for method in _METHODS),
    unless=frozenset({"bounds", "constraints", "jac", "hess", "options"}),
)
_XGBOOST = (
    _words("tree_method", "hist approx exact"),
    _words("grow_policy", "depthwise lossguide"),
    _share("subsample", 0.1),
    _share("colsample_bytree", 0.1),
)

LIBRARIES: dict[str, tuple[Words | Range, ...]] = {
    "zlib.compress": (_LEVEL,),
    "zlib.compressobj": (Range("level", 1, 9, 0), Range("memLevel", 1, 9, 3)),
    "gzip.compress": (_COMPRESS,),
    "gzip.open": (Range("compresslevel", 1, 9, 2),),
    "gzip.GzipFile": (Range("compresslevel", 1, 9, 2),),
    "bz2.compress": (_COMPRESS,),
    "bz2.BZ2Compressor": (Range("compresslevel", 1, 9, 0),),
    "bz2.open": (Range("compresslevel", 1, 9, 2),),
    "lzma.compress": (Range("preset", 1, 9, 3),),
    "lzma.LZMACompressor": (Range("preset", 1, 9, 2),),
    "zipfile.ZipFile": (Range("compresslevel", 1, 9),),
    "zstandard.ZstdCompressor": (Range("level", 1, 22, 0),),
    "brotli.compress": (Range("quality", 1, 11), Range("lgwin", 10, 24)),
    "lz4.frame.compress": (Range("compression_level", 1, 16),),
    "json.dumps": (
        Words("separators", ('(",", ":")',), added=('(",", ":")',), unless=frozenset({"indent"})),
    ),
    "pickle.dumps": (Words("protocol", ("5",), added=("5",)),),
    "concurrent.futures.ThreadPoolExecutor": (Range("max_workers", 1, position=0),),
    "concurrent.futures.ProcessPoolExecutor": (Range("max_workers", 1, position=0),),
    "multiprocessing.Pool": (Range("processes", 1, position=0),),
    "numpy.sort": (_words("kind", "quicksort heapsort stable"),),
    "numpy.argsort": (_words("kind", "quicksort heapsort stable"),),
    "numpy.einsum": (_words("optimize", "True False greedy optimal", added=("True",)),),
    "scipy.optimize.minimize": (_MINIMIZE,),
    "scipy.optimize.differential_evolution": (
        _words(
            "strategy",
            "best1bin best1exp rand1bin rand1exp randtobest1bin currenttobest1bin best2bin",
            added=('"rand1bin"', '"currenttobest1bin"'),
        ),
        _share("recombination"),
        Range("popsize", 1),
    ),
    "scipy.signal.firwin": (_words("window", _WINDOWS, added=('"hann"', '"blackman"')),),
    "scipy.signal.savgol_filter": (_words("mode", "interp mirror nearest constant wrap"),),
    "scipy.ndimage.gaussian_filter": _NDIMAGE,
    "scipy.ndimage.gaussian_filter1d": _NDIMAGE,
    "scipy.ndimage.uniform_filter1d": _NDIMAGE,
    "scipy.ndimage.median_filter": _NDIMAGE,
    "scipy.interpolate.interp1d": (
        _words("kind", "linear nearest quadratic cubic", position=2, added=('"cubic"',)),
    ),
    "sklearn.ensemble.RandomForestClassifier": (*_TREE, _GINI, _WEIGHT, _BOOTSTRAP),
    "sklearn.ensemble.RandomForestRegressor": (*_TREE, _ERROR, _BOOTSTRAP),
    "sklearn.ensemble.ExtraTreesClassifier": (*_TREE, _GINI, _WEIGHT),
    "sklearn.ensemble.ExtraTreesRegressor": (*_TREE, _ERROR),
    "sklearn.ensemble.GradientBoostingClassifier": _BOOSTING,
    "sklearn.ensemble.GradientBoostingRegressor": (
        *_BOOSTING,
        _words("loss", "squared_error absolute_error huber"),
    ),
    "sklearn.ensemble.HistGradientBoostingClassifier": _HISTOGRAM,
    "sklearn.ensemble.HistGradientBoostingRegressor": _HISTOGRAM,
    "sklearn.tree.DecisionTreeClassifier": (*_TREE, _GINI, _words("splitter", "best random")),
    "sklearn.tree.DecisionTreeRegressor": (*_TREE, _ERROR, _words("splitter", "best random")),
    "sklearn.svm.SVC": (*_KERNELS, _WEIGHT),
    "sklearn.svm.SVR": _KERNELS,
    "sklearn.linear_model.LogisticRegression": (
        _words("solver", "lbfgs newton-cg sag saga", unless=frozenset({"penalty", "l1_ratio"})),
        _WEIGHT,
    ),
    "sklearn.linear_model.Ridge": (_words("solver", "auto svd cholesky lsqr sparse_cg"),),
    "sklearn.linear_model.Lasso": (_words("selection", "cyclic random"),),
    "sklearn.linear_model.ElasticNet": (_share("l1_ratio"), _words("selection", "cyclic random")),
    "sklearn.linear_model.SGDClassifier": (
        _words("loss", "hinge log_loss modified_huber squared_hinge"),
        _words("penalty", "l2 l1 elasticnet"),
        _words("average", "True False", added=("True",)),
    ),
    "sklearn.neighbors.KNeighborsClassifier": _NEIGHBOURS,
    "sklearn.neighbors.KNeighborsRegressor": _NEIGHBOURS,
    "sklearn.neural_network.MLPClassifier": _PERCEPTRON,
    "sklearn.neural_network.MLPRegressor": _PERCEPTRON,
    "sklearn.cluster.KMeans": (
        _words("init", "k-means++ random"),
        _words("algorithm", "lloyd elkan", added=('"elkan"',)),
    ),
    "sklearn.feature_extraction.text.TfidfVectorizer": (
        *_VECTORS,
        _words("sublinear_tf", "True False", added=("True",)),
        _words("norm", "l2 l1"),
    ),
    "sklearn.feature_extraction.text.CountVectorizer": _VECTORS,
    "torch.optim.Adam": _ADAM,
    "torch.optim.AdamW": _ADAM,
    "torch.optim.SGD": (Words("momentum", (), added=("0.9",)), _share("momentum")),
    "torch.optim.lr_scheduler.OneCycleLR": (
        _share("pct_start", 0.01, 0.99),
        _words("anneal_strategy", "cos linear"),
    ),
    "torch.nn.GELU": (_words("approximate", "none tanh", added=('"tanh"',)),),
    "torch.set_float32_matmul_precision": (_words("precision", "highest high medium", position=0),),
    "torch.compile": (_words("mode", "default reduce-overhead max-autotune"),),
    "xgboost.XGBClassifier": _XGBOOST,
    "xgboost.XGBRegressor": _XGBOOST,
}
