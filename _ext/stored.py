"""Turn a stored network into what `playground/graph.js` runs, and write it beside the scripts.

A network is read as Keras writes it down, `model.to_json()` and `model.get_weights()`, without
Keras: a build of the pages does not load TensorFlow. Kernels are stored in 8 bits with a scale for
each output channel, everything else in 32; a batch normalisation is folded into the convolution
before it.
"""

from __future__ import annotations

import base64
import json
import math
import pathlib

import numpy as np

STORED = pathlib.Path(__file__).resolve().parent.parent / "benchmarks"
ACTIVATIONS = {"linear", "relu", "silu", "sigmoid", "tanh", "softmax", "exp"}
FUNCTIONS = {
    "Sin": "sin",
    "Cos": "cos",
    "ReLU": "relu",
    "Softmax": "softmax",
}  # layers of no weights
SAME = {"Dropout", "GaussianNoise", "SpatialDropout1D", "SpatialDropout2D"}  # after training
COUNTS = {"Conv1D": 1, "Conv2D": 1, "Conv1DTranspose": 1, "Conv2DTranspose": 1, "Dense": 1}
COUNTS |= {"DepthwiseConv1D": 1, "DepthwiseConv2D": 1, "SeparableConv1D": 2, "SeparableConv2D": 2}


# What the pages load by name, beside their scripts.
NETWORKS = {
    "detection": "applications/detection_network",
    "segmentation": "applications/segmentation_network",
    "audio": "applications/audio_network",
    "text": "applications/text_network",
    "spoken": "audio/voices_network",
    "flow": "applications/flow_network",
}
DIGITS_A_CLASS = 6
SPEECH = STORED.parent / "cnnbook" / "audio" / "speech" / "speech.npz"


def read(name: str) -> tuple[dict, list[np.ndarray], dict]:
    """Return the architecture, the weights and the facts of a network in ``benchmarks/``."""
    with np.load(STORED / f"{name}.npz", allow_pickle=False) as stored:
        facts = json.loads(str(stored["facts"]))
        arrays = [stored[f"w{number}"] for number in range(len(stored.files) - 1)]
    return json.loads(facts.pop("architecture")), arrays, facts


def describe(architecture: dict, arrays: list[np.ndarray], bits: int = 8) -> dict:
    """Write a network down for the pages: inputs, outputs, nodes and weights, kernels in 8 bits.

    With 32 bits nothing is rounded.
    """
    graph = _Graph(architecture, [np.asarray(array, np.float64) for array in arrays])
    graph.fold()
    weights, nodes = [], []
    for node in graph.nodes:
        written = {key: value for key, value in node.items() if key != "arrays"}
        for name, array in node.get("arrays", {}).items():
            scaled = bits == 8 and name == "kernel"
            written.setdefault("arrays", {})[name] = {"shape": list(array.shape)}
            if scaled:
                written["arrays"][name]["scaled"] = True
            weights.append(_scaled(array) if scaled else array.astype("<f4").tobytes())
        nodes.append(written)
    return {
        "inputs": graph.inputs,
        "outputs": graph.outputs,
        "nodes": nodes,
        "weights": base64.b64encode(b"".join(weights)).decode("ascii"),
    }


def _scaled(kernel: np.ndarray) -> bytes:
    """Write one 32-bit scale for each of the last axis, then a byte a weight, from -127 to 127."""
    scales = np.abs(kernel).max(axis=tuple(range(kernel.ndim - 1))) / 127
    scales = np.where(scales > 0, scales, 1).astype("<f4")
    return scales.tobytes() + np.rint(kernel / scales).clip(-127, 127).astype("i1").tobytes()


class _Graph:
    """The nodes of a network, each after those that it takes its values from."""

    def __init__(self, architecture: dict, arrays: list[np.ndarray]):
        self.inputs, self.nodes, self.place = [], [], {}
        self.waiting = list(arrays)
        config = architecture["config"]
        layers = [dict(layer) for layer in config["layers"]]  # the caller's stay as they are
        if architecture["class_name"] == "Sequential":
            before = None
            for layer in layers:
                name = layer["config"]["name"]
                self.add(layer, [] if before is None else [before])
                before = name
            outputs = {before: before}
        else:
            # Keras lists weights in the order of the layers, which is not always one to compute in.
            for layer in layers:
                layer["weights"] = self.take(layer)
            self.add_in_order(layers)
            outputs = _output_names(config["output_layers"])
        if self.waiting:
            raise ValueError(f"architecture must use all weights, {len(self.waiting)} are left.")
        self.outputs = {name: self.place[layer] for name, layer in outputs.items()}

    def add_in_order(self, layers: list[dict]) -> None:
        """Add each layer once all that it takes its values from is there."""
        left = list(layers)
        # Inputs first, in the order in which graph.js counts them.
        for layer in [layer for layer in left if layer["class_name"] == "InputLayer"]:
            self.add(layer, [])
            left.remove(layer)
        while left:
            ready = next(
                layer
                for layer in left
                if all(not isinstance(s, str) or s in self.place for s in _sources(layer))
            )
            self.add(ready, _sources(ready))
            left.remove(ready)

    def take(self, layer: dict) -> list[np.ndarray]:
        """Take a layer's weights from the front of those that wait."""
        kind, config = layer["class_name"], layer["config"]
        count = COUNTS.get(kind, 0)
        if count:
            count += config["use_bias"]
        elif kind == "BatchNormalization":
            count = 2 + config["center"] + config["scale"]
        elif kind == "Embedding":
            count = 1
        taken, self.waiting = self.waiting[:count], self.waiting[count:]
        if len(taken) < count or not all(np.isfinite(array).all() for array in taken):
            wanted = f"arrays must hold {count} of finite numbers for {config['name']}"
            raise ValueError(f"{wanted}, got {len(taken)}, or NaN or infinity among them.")
        return taken

    def add(self, layer: dict, sources: list) -> None:
        """Add what a layer computes; a 1-D layer is a 2-D one, one row high."""
        kind, config = layer["class_name"], layer["config"]
        name = config["name"]
        weights = layer["weights"] if "weights" in layer else self.take(layer)
        if kind == "InputLayer":
            shape = config["batch_shape"][1:]
            shape = [1, *shape] if len(shape) == 2 else shape
            self.place[name] = len(self.inputs)
            self.inputs.append({"name": name, "shape": shape})
            return
        made = _nodes_of(kind, config, weights, layer)
        if made is None:
            raise ValueError(f"The pages cannot run {name}, a {kind} so set.")
        origin = [self.place[s] if isinstance(s, str) else s for s in sources]
        for node in made:
            node = {"name": name, **node}
            node["from"] = origin if node.get("from") is None else node["from"]
            self.nodes.append(node)
            origin = [len(self.inputs) + len(self.nodes) - 1]
        self.place[name] = origin[0]

    def fold(self) -> None:
        """Fold normalisations and activations into the nodes before them."""
        first = len(self.inputs)
        users = {}
        for number, node in enumerate(self.nodes):
            for source in node["from"]:
                if isinstance(source, int):
                    users.setdefault(source, []).append(number)
        named = set(self.outputs.values())
        instead = {}  # place of a node that is folded away: the place that has its values
        for number, node in enumerate(self.nodes):
            node["from"] = [instead.get(s, s) if isinstance(s, int) else s for s in node["from"]]
            source = node["from"][0]
            alone = (
                isinstance(source, int)
                and source >= first
                and len(users.get(source, [])) == 1
                and source not in named
            )
            before = self.nodes[source - first] if alone else {}
            if _join(before, node):
                before["name"] = node["name"]
                instead[number + first] = source
                users[source] = users.get(number + first, [])
                named |= {source} if number + first in named else set()
        kept = [n for n in range(len(self.nodes)) if n + first not in instead]
        place = {old + first: new + first for new, old in enumerate(kept)}
        place |= {number: number for number in range(first)}
        place |= {gone: place[there] for gone, there in instead.items()}
        self.nodes = [self.nodes[number] for number in kept]
        for node in self.nodes:
            node["from"] = [place[s] if isinstance(s, int) else s for s in node["from"]]
        self.outputs = {name: place[number] for name, number in self.outputs.items()}


def _join(before: dict, node: dict) -> bool:
    """Let the node before a normalisation or an activation do its work too, if it can."""
    active = before.get("activation", "linear") != "linear"
    if not before or active:
        return False
    if node["kind"] == "activation":
        before["activation"] = node["activation"]
        return True
    if node["kind"] == "normalise" and before["kind"] in {"conv", "transpose", "dense"}:
        scale, shift = node["arrays"]["scale"], node["arrays"]["shift"]
        arrays = before["arrays"]
        arrays["kernel"] = arrays["kernel"] * scale
        arrays["bias"] = arrays.get("bias", 0) * scale + shift
        return True
    return False


def _output_names(outputs) -> dict[str, str]:
    """Return the layer of each output: under its key, or under the layer's own name."""
    if isinstance(outputs, dict):
        return {name: layer for name, (layer, *_) in outputs.items()}
    if isinstance(outputs[0], str):
        outputs = [outputs]
    return {layer: layer for layer, *_ in outputs}


def _calls(layer: dict) -> list:
    (call,) = layer["inbound_nodes"] or [{"args": []}]  # a layer that is called twice is refused
    return call["args"]


def _sources(layer: dict) -> list:
    """Return where a layer takes its values from: names of layers, and constants."""
    found = []

    def look(value):
        if isinstance(value, list):
            if value and all(isinstance(number, (int, float)) for number in value):
                return
            for item in value:
                look(item)
        elif isinstance(value, dict) and value.get("class_name") == "__keras_tensor__":
            found.append(value["config"]["keras_history"][0])
        elif isinstance(value, dict) and value.get("class_name") == "__numpy__":
            numbers = np.asarray(value["config"]["value"], np.float64)
            found.append({"shape": list(numbers.shape), "values": numbers.ravel().tolist()})
        elif isinstance(value, (int, float)) and not isinstance(value, bool):
            found.append({"shape": [], "values": [value]})

    arguments = _calls(layer)
    look(arguments[:1] if layer["class_name"] == "GetItem" else arguments)
    return found


def _pair(value) -> list[int]:
    """Return rows and columns: of one number, one axis of a sound or word has one row."""
    value = [value] if isinstance(value, int) else list(value)
    return value if len(value) == 2 else [1, *value]


def _plain(config: dict) -> bool:
    """Say whether a convolution has no dilation and no groups."""
    dilation = config.get("dilation_rate", 1)
    spread = set(dilation if isinstance(dilation, list) else [dilation])
    return spread == {1} and config.get("groups", 1) == 1 and not config.get("output_padding")


def _flat(kernel: np.ndarray, kind: str) -> np.ndarray:
    return kernel[None] if "1D" in kind else kernel


def _nodes_of(kind: str, config: dict, weights: list, layer: dict) -> list[dict] | None:
    """Return what a layer computes as nodes, one after the other; None if a page cannot run it."""
    activation = config.get("activation", "linear")
    if not isinstance(activation, str) or activation not in ACTIVATIONS:
        return None
    windows = {"strides": _pair(config.get("strides", 1)), "padding": config.get("padding")}
    bias = {"bias": weights[-1]} if config.get("use_bias") else {}
    if kind in FUNCTIONS:
        usual = not (config.get("negative_slope") or config.get("threshold"))
        plain = usual and config.get("max_value") is None
        return [{"kind": "activation", "activation": FUNCTIONS[kind]}] if plain else None
    match kind:
        case "Conv1D" | "Conv2D" if _plain(config) and config["padding"] != "causal":
            arrays = {"kernel": _flat(weights[0], kind), **bias}
            return [{"kind": "conv", **windows, "activation": activation, "arrays": arrays}]
        case "Conv1DTranspose" | "Conv2DTranspose" if _plain(config):
            arrays = {"kernel": np.swapaxes(_flat(weights[0], kind), -1, -2), **bias}
            return [{"kind": "transpose", **windows, "activation": activation, "arrays": arrays}]
        case "DepthwiseConv1D" | "DepthwiseConv2D" | "SeparableConv1D" | "SeparableConv2D":
            if not _plain(config) or config["depth_multiplier"] != 1:
                return None
            kernel = {"kernel": _flat(weights[0], kind)[..., 0]}
            if kind.startswith("Depthwise"):
                arrays = {**kernel, **bias}
                return [
                    {"kind": "depthwise", **windows, "activation": activation, "arrays": arrays}
                ]
            arrays = {"kernel": _flat(weights[1], kind), **bias}
            one = {"strides": [1, 1], "padding": "valid", "activation": activation}
            first = {"kind": "depthwise", **windows, "arrays": kernel}
            return [first, {"kind": "conv", **one, "arrays": arrays}]
        case "Dense":
            arrays = {"kernel": weights[0], **bias}
            return [{"kind": "dense", "activation": activation, "arrays": arrays}]
        case "Embedding":
            return [{"kind": "embedding", "arrays": {"table": weights[0]}}]
        case "BatchNormalization" if config["axis"] in (-1, [-1]):
            *learned, mean, variance = weights
            scale = learned.pop(0) if config["scale"] else np.ones_like(mean)
            shift = learned.pop(0) if config["center"] else np.zeros_like(mean)
            scale = scale / np.sqrt(variance + config["epsilon"])
            arrays = {"scale": scale, "shift": shift - scale * mean}
            return [{"kind": "normalise", "arrays": arrays}]
        case "Rescaling":
            scale, shift = (np.ravel(config[key]) for key in ("scale", "offset"))
            return [{"kind": "normalise", "arrays": {"scale": scale, "shift": shift}}]
        case "MaxPooling1D" | "MaxPooling2D" | "AveragePooling1D" | "AveragePooling2D":
            size = {"size": _pair(config["pool_size"]), "mean": kind.startswith("Average")}
            return [{"kind": "pool", **windows, **size}]
        case "GlobalMaxPooling1D" | "GlobalMaxPooling2D":
            return None if config["keepdims"] else [{"kind": "overall", "mean": False}]
        case "GlobalAveragePooling1D" | "GlobalAveragePooling2D":
            return None if config["keepdims"] else [{"kind": "overall", "mean": True}]
        case "UpSampling1D" | "UpSampling2D":
            node = {"kind": "upsample", "size": _pair(config["size"])}
            node["interpolation"] = config.get("interpolation", "nearest")
            return [node] if node["interpolation"] in ("nearest", "bilinear") else None
        case "Concatenate":
            return [{"kind": "concatenate"}]
        case "Add" | "Subtract" | "Multiply":
            return [{"kind": kind.lower()}]
        case "Activation":
            return [{"kind": "activation", "activation": activation}]
        case "ZeroPadding2D":
            return [{"kind": "frame", "sides": _sides(config["padding"], 1)}]
        case "Cropping2D":
            return [{"kind": "frame", "sides": _sides(config["cropping"], -1)}]
        case "Flatten":
            return [{"kind": "reshape", "shape": None}]
        case "Reshape" if all(side > 0 for side in config["target_shape"]):
            shape = list(config["target_shape"])
            return [{"kind": "reshape", "shape": [1, *shape] if len(shape) == 2 else shape}]
        case "GetItem":
            return _sliced(_calls(layer)[1])
    if kind in SAME:
        return [{"kind": "activation", "activation": "linear"}]
    return None


def _sides(pairs: list, sign: int) -> list[int]:
    (top, bottom), (left, right) = pairs
    return [sign * side for side in (top, bottom, left, right)]


def _sliced(places) -> list[dict] | None:
    """Return the node of ``value[..., start:stop]``; other places a page does not cut out."""
    kinds = [place.get("class_name") for place in places if isinstance(place, dict)]
    if kinds != ["__ellipsis__", "__slice__"] or len(places) != 2:
        return None
    cut = places[1]["config"]
    start, stop = cut["start"] or 0, cut["stop"]
    if cut["step"] not in (None, 1) or start < 0 or (stop is not None and stop < 0):
        return None
    return [{"kind": "slice", "start": start, "stop": stop}]


def parameters(description: dict) -> int:
    """Count the numbers of a described network."""
    shapes = (a["shape"] for node in description["nodes"] for a in node.get("arrays", {}).values())
    return sum(math.prod(shape) for shape in shapes)


# ---- What stands beside the scripts --------------------------------------------------------------


def digits() -> dict:
    """Return digits that no stored network learned from, four bits a pixel, two pixels a byte.

    They are the first of each class of the validation digits.
    """
    from cnnbook import data

    (images, labels), _ = data.load_mnist()
    _, (images, labels) = data.split_validation(images, labels, 5000, seed=0)
    chosen = np.concatenate([np.flatnonzero(labels == n)[:DIGITS_A_CLASS] for n in range(10)])
    halves = np.rint(images[chosen].reshape(-1, 2) / 17).astype(np.uint8)
    packed = base64.b64encode((16 * halves[:, 0] + halves[:, 1]).tobytes()).decode("ascii")
    return {"labels": labels[chosen].tolist(), "pixels": packed}


def voice() -> list[str]:
    """Return the ten digits of the one voice that no network has heard, 8 bits a sample."""
    with np.load(SPEECH, allow_pickle=False) as stored:
        sounds = np.split(stored["samples"], stored["ends"][:-1])
        said = {
            tuple(map(str, row)): sound for row, sound in zip(stored["rows"], sounds, strict=True)
        }
    spoken = [said["Allison", "en", f"digits/{digit}"] for digit in range(10)]
    return [base64.b64encode(sound.tobytes()).decode("ascii") for sound in spoken]


def contents(name: str) -> dict | list:
    """Return what a page gets for a name: digits, a voice, or a stored network."""
    if name in ("digits", "voice"):
        return {"digits": digits, "voice": voice}[name]()
    architecture, arrays, facts = read(NETWORKS[name])
    told = {key: facts[key] for key in ("letters",) if key in facts}
    return {**describe(architecture, arrays), **told}


# Whose work, beside the book's, stands in a file.
NOTICES = {
    "digits": "MNIST, (c) Yann LeCun and Corinna Cortes, in 16 levels; CC BY-SA 3.0.",
    "voice": "Spoken by Allison Smith (theivrvoice.com), (c) 2003-2010; CC BY-SA 3.0.",
}


def write(folder: pathlib.Path, name: str) -> pathlib.Path:
    """Write ``stored-<name>.js``, a script: a page that is opened as a file reads no other file."""
    written = json.dumps(contents(name), separators=(",", ":"))
    file = folder / f"stored-{name}.js"
    file.write_text(
        f"// Written when the book was built. {NOTICES.get(name, '')}\n"
        "((globalThis.cnnbook = globalThis.cnnbook || {}).stored ||= {})"
        f"[{json.dumps(name)}] = {written};\n",
        encoding="utf-8",
    )
    return file
