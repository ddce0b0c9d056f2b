"""The cases of make_parity_fixtures.py, a module for each group of families.

Each module has FAMILIES, a dict from the first part of a case's name to its Family, and CASES, a list of Case.
"""
import importlib
import pkgutil
from dataclasses import dataclass, field, replace
from typing import Callable

LENGTHS = (1, 9, 40)
LONG = (1, 9, 40, 150)  # more than two pages of 64 positions


class Rejected(Exception):
    """This seed decides something by too little, or is degenerate."""


def usual_router(layer):
    return getattr(layer.mlp, "gate", None)


def usual_parts(layer):
    return [layer.self_attn.o_proj, layer.mlp]


@dataclass
class Family:
    """How a family is built and watched.

    router gives the module of a layer whose call is watched, or None. read makes of that module, its inputs and its output
    what a router answers: scores (by which the choice is made, higher is better, [T, E]), weights [T, k] and experts [T, k],
    best first. turn makes of that output one with every chosen expert replaced by the next one. parts gives the modules of a
    layer of which each must move the logits. draw gives the value of a parameter from normal noise, or None for the usual
    rule. text_model gives the module that has .layers. publish rewrites the directory of a model that transformers computes
    under another family's name as that of a family that it does not have.
    """

    config: str
    model: str
    router: Callable = usual_router
    read: Callable = lambda module, inputs, output: output
    turn: Callable | None = lambda module, output: (output[0], output[1], (output[2] + 1) % module.weight.shape[0])
    parts: Callable = usual_parts
    draw: Callable = lambda name, noise, config: None
    text_model: Callable = lambda model: model.model
    publish: Callable | None = None
    prepare: Callable = lambda model: model  # puts right what transformers computes otherwise than the models were made
    experts_fused: bool = False  # whether "fused" and "hub" layouts differ
    block_sparse: bool = False  # whether the "hub" layout has "block_sparse_moe" for "mlp"
    classic_keeps: tuple = ()  # config keys that the "classic" layout has as they are, though they are newer elsewhere
    twin_config: dict = field(default_factory=dict)  # what hub configs say and transformers does not write


@dataclass
class Case:
    """One fixture. layout: "fused" and "hub" are what transformers 5 can write; "classic" is "hub" with the config keys
    of the time before transformers 5."""

    name: str
    seed: int
    config: dict
    layout: str = "fused"
    shard: str | None = None  # largest shard, "40KB"
    drop: tuple = ()  # config keys to leave out, so that the family's default applies
    hub: dict = field(default_factory=dict)  # config keys that the hub has and transformers does not write
    generation: dict = field(default_factory=dict)
    lengths: tuple = LENGTHS
    predicts: bool = False  # whether a layer is added that predicts the token after the next one
    cached: bool = True  # whether transformers gives the same with its cache
    twin: bool = False  # whether make_gguf_twins.py makes a GGUF file of it
    twin_differs: str = ""  # why llama.cpp computes something else from it

    @property
    def family(self):
        return self.name.split("-")[0]


def rope(theta, kind="default", **more):
    return {"rope_type": kind, "rope_theta": theta, **more}


def again(cases, seeds, **other):
    """Cases of those names once more with other parameters; seeds gives a seed for each name."""
    named = {c.name: c for c in cases}
    return [replace(named[name], name=f"{name}-seed2", seed=seed, twin=False, twin_differs="", predicts=False, **other)
            for name, seed in seeds.items()]


def all_cases():
    """FAMILIES and CASES of all modules."""
    families, cases = {}, []
    for info in sorted(pkgutil.iter_modules(__path__), key=lambda m: m.name):
        module = importlib.import_module(f"{__name__}.{info.name}")
        families.update(module.FAMILIES)
        cases.extend(module.CASES)
    return families, cases
