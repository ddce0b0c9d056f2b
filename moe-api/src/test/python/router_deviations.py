"""Tells which published deviations the router conformance vectors notice.

Run from the root of the repository, with numpy and nothing else:

    python moe-api/src/test/python/router_deviations.py

Each deviation of docs/router-conformance.md is stated here as a change of the rule, in our own words, and run over the
vectors of the rules that it concerns. Printed are how many cases it fails and the first of them; the script fails if the
vectors do not notice one.
"""

import glob
import json
import math
import os

import numpy as np

VECTORS = os.path.join(os.path.dirname(__file__), "..", "resources", "router-conformance", "*.json")
F = np.float32


def floats(values):
    return [float(value) for value in values]


def softmax(values):
    values = np.array(values, dtype=np.float64)
    shares = np.exp(values - values.max())
    return (shares / shares.sum()).tolist()


def highest(values, k):
    """The k highest, as repeated comparison finds them: NaN is never higher than anything."""
    return sorted(range(len(values)), key=lambda i: (-values[i] if values[i] == values[i] else math.inf, i))[:k]


def route(rule, logits, *, score=None, by=None, dropped=-math.inf, grouped=True, bias=True, weigh=None, norm=None):
    """A top-k rule with some of its parts replaced."""
    k = rule["k"]
    if (score or rule["score"]) == "softmax":
        scores = softmax(logits)
    else:
        scores = (1 / (1 + np.exp(-np.array(logits, dtype=np.float64)))).tolist()
    scores = [float(F(s)) for s in scores]
    added = floats(rule.get("bias", [0.0] * len(logits))) if bias else [0.0] * len(logits)
    choice = [float(F(s) + F(b)) for s, b in zip(scores, added)] if "bias" in rule or "groups" in rule else list(logits)
    mask = [1.0] * len(logits)
    if grouped and "groups" in rule:
        groups = rule["groups"]
        size = len(logits) // groups["count"]
        members = [sorted(choice[g * size : (g + 1) * size], reverse=True) for g in range(groups["count"])]
        best = (by or groups["by"]) == "best"
        kept = highest([m[0] if best else m[0] + m[1] for m in members], groups["kept"])
        for e in range(len(logits)):
            if e // size not in kept:
                choice[e] = dropped
                mask[e] = 0.0
    ids = highest(choice, k)
    weights = [scores[e] for e in ids]
    if weigh:
        weights = weigh(ids, scores, added, mask)
    normalisation = norm(rule) if norm else rule.get("normalisation")
    if normalisation:
        divisor = max(sum(weights), normalisation["minimum"]) + normalisation["epsilon"]
        weights = [w / divisor if divisor else math.nan for w in weights]
    factors = rule.get("expertScale", [1.0] * len(logits))
    return ids, [w * rule["scale"] * factors[e] for e, w in zip(ids, weights)]


def changed(**changes):
    return lambda rule, logits: route(rule, logits, **changes)


def mixer_by_two(rule, logits):
    return route({"score": "softmax", "k": min(2, len(logits)), "scale": 1.0, "normalisation": {"minimum": 0, "epsilon": 0}}, logits)


def mixer_by_lower(rule, logits):
    """SparseMixer whose distances are relative to the lower of |logit| and the highest logit, not the higher."""
    left, ids, weights = list(logits), [], []
    for _ in range(2):
        best = highest(left, 1)[0]
        peak = left[best]
        with np.errstate(all="ignore"):
            far = (F(peak) - F(logits)) / np.minimum(np.abs(F(logits)), F(peak)) > F(2 * rule["jitter"])
        kept = [-math.inf if f else x for x, f in zip(left, far)]
        weights.append(softmax(kept)[best])
        ids.append(best)
        left[best] = -math.inf
    return ids, weights


def argmax_from_zero(rule, logits):
    """The highest over and over from expert 0 and minus infinity on, the winner set to minus infinity."""
    scores = softmax(logits)
    left, ids = list(scores), []
    for _ in range(rule["k"]):
        best, value = 0, -math.inf
        for e, score in enumerate(left):
            if score > value:
                best, value = e, score
        ids.append(best)
        left[best] = -math.inf
    weights = [scores[e] for e in ids]
    return ids, [w / sum(weights) for w in weights] if "normalisation" in rule else weights


def clamped(rule):
    return rule.get("normalisation") and {"minimum": 6.103515625e-5, "epsilon": 0.0}


def not_of_one(rule):
    return None if rule["k"] == 1 else rule.get("normalisation")


def cancelled(ids, scores, added, mask):
    return [float(F(F(scores[e]) + F(added[e])) - F(added[e])) for e in ids]


ALWAYS = {"minimum": 0.0, "epsilon": 0.0}
DEVIATIONS = [
    ("Phi-3.5: softmax of the two logits", ["sparse-mixer"], mixer_by_two),
    ("Phi-3.5: relative to the lower", ["sparse-mixer"], mixer_by_lower),
    ("DeepSeek-V2: groups by their best two", ["softmax-groups"], changed(by="best-two")),
    ("DeepSeek-V2: weights are the group mask", ["softmax-groups"], changed(weigh=lambda ids, s, a, mask: [mask[e] for e in ids])),
    ("DeepSeek-V2, V3: groups are not limited", ["softmax-groups", "sigmoid-bias-groups"], changed(grouped=False)),
    ("DeepSeek-V3: left groups count zero", ["sigmoid-bias-groups"], changed(dropped=0.0)),
    ("DeepSeek-V3: softmax where the config is silent", ["sigmoid-bias-groups"], changed(score="softmax")),
    ("not normalised for k = 1", ["sigmoid-bias-groups"], changed(norm=not_of_one)),
    ("sums of less than 6.1e-5 clamped", ["sigmoid-bias-groups", "sigmoid-bias-sum", "sigmoid-bias-epsilon"], changed(norm=clamped)),
    ("Ernie-4.5: bias dropped", ["softmax-bias"], changed(bias=False)),
    ("Qwen3-MoE: always normalised", ["softmax"], changed(norm=lambda rule: ALWAYS)),
    ("Qwen2-MoE, OLMoE: never normalised", ["softmax-renormalised"], changed(norm=lambda rule: None)),
    ("LFM2-MoE: always normalised", ["sigmoid-bias-epsilon"], changed(norm=lambda rule: {"minimum": 6.103515625e-5, "epsilon": 0.0})),
    ("weights not applied", ["softmax", "softmax-renormalised"], changed(weigh=lambda ids, *_: [1.0] * len(ids), norm=lambda rule: None)),
    ("score recovered as (score + bias) - bias", ["sigmoid-bias-sum"], changed(weigh=cancelled)),
    ("argmax that starts at expert 0", ["softmax-renormalised"], argmax_from_zero),
]


def agrees(case, ids, weights):
    wanted = dict(zip(case["experts"], floats(case["weights"])))
    return set(ids) == set(wanted) and len(ids) == len(wanted) and all(abs(w - wanted[e]) <= 1e-6 + 1e-5 * abs(wanted[e]) for e, w in zip(ids, weights))


def main():
    files = {}
    for path in glob.glob(VECTORS):
        with open(path, encoding="utf-8") as file:
            vectors = json.load(file)
        files[vectors["name"]] = vectors
    unnoticed = []
    for name, concerned, deviation in DEVIATIONS:
        totals, fails, first = {"transformers": 0, "contract": 0}, {"transformers": 0, "contract": 0}, None
        for file in concerned:
            for number, made in enumerate(files[file]["sets"]):
                for case in made["cases"]:
                    if len(case["logits"]) == 1:
                        continue
                    with np.errstate(all="ignore"):
                        ids, weights = deviation(made["rule"], floats(case["logits"]))
                    totals[case["from"]] += 1
                    if not agrees(case, ids, weights):
                        fails[case["from"]] += 1
                        first = first or f"{file} set {number}, {case['name']}"
        print(name + ": fails " + " and ".join(f"{fails[kind]} of {totals[kind]} from {kind}" for kind in totals), end="")
        print(f"; first {first}")
        if not first:
            unnoticed.append(name)
    assert not unnoticed, unnoticed


if __name__ == "__main__":
    main()
