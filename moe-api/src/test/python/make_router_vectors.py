"""Writes the router conformance vectors: what each routing rule chooses for given logits.

Run from the root of the repository:

    pip install -r moe-core/src/test/python/requirements.txt
    python moe-api/src/test/python/make_router_vectors.py

and read docs/router-conformance.md for the format. Each rule is computed twice: by the routers of Hugging Face
transformers that use it, fed with the logits as they are, and by the plain statement of the rule in this file. Where the
outcome of a transformers router is defined, all of them must agree with the statement, and the vector holds what transformers
computes. Where it is not (NaN, ties, zero divided by zero), the vector holds the statement, which then is the contract.
The script fails if anything disagrees.
"""

import json
import math
import os
import random
from types import SimpleNamespace

import numpy as np
import torch
import transformers
from transformers.models.bailing_hybrid.modeling_bailing_hybrid import BailingHybridTopkRouter
from transformers.models.dbrx.modeling_dbrx import DbrxFFN
from transformers.models.deepseek_v2.modeling_deepseek_v2 import DeepseekV2TopkRouter
from transformers.models.deepseek_v3.modeling_deepseek_v3 import DeepseekV3TopkRouter
from transformers.models.dots1.modeling_dots1 import Dots1TopkRouter
from transformers.models.ernie4_5_moe.modeling_ernie4_5_moe import Ernie4_5_MoeTopKRouter
from transformers.models.gemma4.modeling_gemma4 import Gemma4TextRouter
from transformers.models.glm4_moe.modeling_glm4_moe import Glm4MoeTopkRouter
from transformers.models.glm4_moe_lite.modeling_glm4_moe_lite import Glm4MoeLiteTopkRouter
from transformers.models.gpt_oss.modeling_gpt_oss import GptOssTopKRouter
from transformers.models.granitemoe.modeling_granitemoe import GraniteMoeTopKRouter
from transformers.models.hunyuan_v1_moe.modeling_hunyuan_v1_moe import HunYuanMoEV1Gate
from transformers.models.lfm2_moe.modeling_lfm2_moe import Lfm2MoeTopKRouter
from transformers.models.llama4.modeling_llama4 import Llama4Router
from transformers.models.minimax_m2.modeling_minimax_m2 import MiniMaxM2TopKRouter
from transformers.models.mixtral.modeling_mixtral import MixtralTopKRouter
from transformers.models.olmoe.modeling_olmoe import OlmoeTopKRouter
from transformers.models.phimoe.modeling_phimoe import PhimoeTopKRouter
from transformers.models.qwen2_moe.modeling_qwen2_moe import Qwen2MoeTopKRouter
from transformers.models.qwen3_5_moe.modeling_qwen3_5_moe import Qwen3_5MoeTopKRouter
from transformers.models.qwen3_moe.modeling_qwen3_moe import Qwen3MoeTopKRouter
from transformers.models.qwen3_next.modeling_qwen3_next import Qwen3NextTopKRouter

OUT = os.path.join(os.path.dirname(__file__), "..", "resources", "router-conformance")
F = np.float32
INF, NAN, MAX = math.inf, math.nan, 3.4028234663852886e38


# The statement of the rules. Scores are float32, sums of scores and weights are in double precision.


def scores_of(logits, kind):
    logits = [-INF if math.isnan(x) else x for x in logits]
    if kind == "sigmoid":
        return [float(F(0 if x < -700 else 1 / (1 + math.exp(-x)))) for x in logits]
    peak = max(logits)
    shares = [(1.0 if x == peak else 0.0) if math.isinf(peak) else math.exp(x - peak) for x in logits]
    return [float(F(share / sum(shares))) for share in shares]


def group_score(members, by):
    members = sorted(members, reverse=True)
    return members[0] if by == "best" else float(F(members[0]) + F(members[1]))


def ranked(values):
    """Indices by falling value; equal ones in their order."""
    return sorted(range(len(values)), key=lambda i: (-values[i], i))


def top_k(rule, logits):
    """Ids in the order of falling choice, weights, and whether the choice depends on how ties are broken: of what the rule
    compares, and of the rounded scores, which some routers compare instead."""
    scores = scores_of(logits, rule["score"])
    groups = rule.get("groups")
    bias = rule.get("bias")
    if bias or groups:
        choice = [float(F(s) + F(b)) for s, b in zip(scores, bias or [0.0] * len(scores))]
    else:
        choice = [-INF if math.isnan(x) else x for x in logits]
    tie = False
    allowed = set(range(len(choice)))
    if groups:
        size = len(choice) // groups["count"]
        values = [group_score(choice[g * size : (g + 1) * size], groups["by"]) for g in range(groups["count"])]
        order = ranked(values)
        kept = groups["kept"]
        tie = kept < len(order) and values[order[kept - 1]] == values[order[kept]]
        allowed = {g * size + i for g in order[:kept] for i in range(size)}
    order = [e for e in ranked(choice) if e in allowed]
    k = min(rule["k"], len(order))
    tie = tie or (k < len(order) and choice[order[k - 1]] == choice[order[k]])
    rounded = tie or (k < len(order) and not bias and scores[order[k - 1]] == scores[order[k]])
    ids = order[:k]
    divisor = 1.0
    if "normalisation" in rule:
        divisor = max(sum(scores[e] for e in ids), rule["normalisation"]["minimum"]) + rule["normalisation"]["epsilon"]
    weights = []
    for e in ids:
        weight = scores[e] / divisor if divisor else 1 / k
        factor = rule["scale"] * (rule["expertScale"][e] if "expertScale" in rule else 1.0)
        weights.append(float(F(weight * factor)))
    return ids, weights, tie, rounded


def sparse_mixer(rule, logits):
    scores = [F(-INF) if math.isnan(x) else F(x) for x in logits]
    left = list(range(len(scores)))
    ids, weights, tie = [], [], False
    with np.errstate(all="ignore"):
        while left and len(ids) < 2:
            peak = max(scores[e] for e in left)
            best = min(e for e in left if scores[e] == peak)
            tie = tie or sum(scores[e] == peak for e in left) > 1
            close = [e for e in left if not (peak - scores[e]) / max(abs(scores[e]), peak) > F(2 * rule["jitter"])]
            if np.isinf(peak):
                total = sum(1.0 for e in close if scores[e] == peak)
            else:
                total = sum(math.exp(float(scores[e]) - float(peak)) for e in close)
            weights.append(0.0 if ids and peak == -INF and scores[ids[0]] > peak else float(F(1 / total)))
            ids.append(best)
            left.remove(best)
    return ids, weights, tie, tie


def statement(rule, logits):
    return (sparse_mixer if rule["kind"] == "sparse-mixer" else top_k)(rule, logits)


# The routers of transformers. A hidden width of one, the logits as weights and an input of one give the logits as they are.


def column(router, logits):
    with torch.no_grad():
        router.weight.copy_(torch.tensor(logits).unsqueeze(1))
    return router.eval()


def first_row(ids, weights):
    return ids[0].tolist(), weights[0].float().tolist()


ONE = torch.ones(1, 1)


def config(rule, logits):
    groups = rule.get("groups", {"count": 1, "kept": 1})
    return SimpleNamespace(
        hidden_size=1,
        num_experts=len(logits),
        num_local_experts=len(logits),
        num_experts_per_tok=rule.get("k"),
        moe_topk=rule.get("k"),
        top_k_experts=rule.get("k"),
        norm_topk_prob="normalisation" in rule,
        routed_scaling_factor=rule.get("scale"),
        n_group=groups["count"],
        topk_group=groups["kept"],
        topk_method="group_limited_greedy" if "groups" in rule else "greedy",
        use_expert_bias="bias" in rule,
        moe_norm_min=rule.get("normalisation", {}).get("minimum"),
        router_jitter_noise=rule.get("jitter"),
        input_jitter_noise=0.0,
        rms_norm_eps=1e-6,
    )


def plain(kind):
    def run(rule, logits):
        _, weights, ids = column(kind(config(rule, logits)), logits)(ONE)
        return first_row(ids, weights)

    run.__name__ = kind.__name__
    return run


def with_buffer(kind):
    def run(rule, logits):
        router = column(kind(config(rule, logits)), logits)
        router.e_score_correction_bias.copy_(torch.tensor(rule.get("bias", [0.0] * len(logits))))
        _, weights, ids = router(ONE)
        return first_row(ids, weights)

    run.__name__ = kind.__name__
    return run


def gemma4(rule, logits):
    router = Gemma4TextRouter(config(rule, logits))
    router.norm = torch.nn.Identity()
    with torch.no_grad():
        router.proj.weight.copy_(torch.tensor(logits).unsqueeze(1))
        router.per_expert_scale.copy_(torch.tensor(rule["expertScale"]))
        _, weights, ids = router(ONE)
    return first_row(ids, weights)


def hunyuan(rule, logits):
    router = HunYuanMoEV1Gate(config(rule, logits))
    column(router.wg, logits)
    _, weights, ids = router(ONE)
    return first_row(ids, weights)


def dbrx(rule, logits):
    layer = SimpleNamespace(top_k=rule["k"], moe_normalize_expert_weights=1 if "normalisation" in rule else None)
    weights, ids = DbrxFFN.route_tokens_to_experts(layer, torch.tensor([logits]))
    return first_row(ids, weights)


def ernie(rule, logits):
    router = column(Ernie4_5_MoeTopKRouter(config(rule, logits)), logits)
    router.moe_statics.e_score_correction_bias.data.copy_(torch.tensor([rule.get("bias", [0.0] * len(logits))]))
    _, weights, ids = router(ONE)
    return first_row(ids, weights)


def lfm2(rule, logits):
    bias = torch.tensor(rule["bias"]) if "bias" in rule else None
    _, weights, ids = column(Lfm2MoeTopKRouter(config(rule, logits)), logits)(ONE, bias)
    return first_row(ids, weights)


def minimax(rule, logits):
    bias = torch.tensor(rule.get("bias", [0.0] * len(logits)))
    _, weights, ids = column(MiniMaxM2TopKRouter(config(rule, logits)), logits)(ONE, bias)
    return first_row(ids, weights)


def llama4(rule, logits):
    scores, _ = column(Llama4Router(config(rule, logits)), logits)(ONE)
    # Dense over the experts: what is not chosen has the sigmoid of minus infinity. The module does not return its choice.
    ids = torch.topk(torch.tensor(logits), rule["k"]).indices.tolist()
    others = [scores[0, e].item() for e in range(len(logits)) if e not in ids]
    assert all(other == 0 for other in others), (logits, scores)
    return ids, [scores[0, e].item() for e in ids]


def reference(router, rule, logits):
    """What a router of transformers makes of the logits, or None where that is not defined."""
    if any(math.isnan(x) for x in logits):
        return None
    try:
        with torch.no_grad():
            ids, weights = router(rule, logits)
    except RuntimeError:
        return None
    if len(set(ids)) != len(ids) or not all(math.isfinite(weight) for weight in weights):
        return None
    return dict(zip(ids, weights))


# The rules and the logits that they are tried with.


def rule(score, k, *, bias=None, groups=None, normalisation=None, scale=1.0, expert_scale=None):
    made = {"kind": "top-k", "score": score, "k": k}
    if bias:
        made["bias"] = [float(F(b)) for b in bias]
    if groups:
        made["groups"] = dict(zip(("count", "kept", "by"), groups))
    if normalisation:
        made["normalisation"] = dict(zip(("minimum", "epsilon"), normalisation))
    made["scale"] = scale
    if expert_scale:
        made["expertScale"] = [float(F(s)) for s in expert_scale]
    return made


def ordinary(seed, experts, count=3):
    draw = random.Random(seed)
    return [
        (f"random {i + 1}", [round(draw.gauss(0, 2 if i else 0.5) * 4096) / 4096 for _ in range(experts)])
        for i in range(count)
    ]


def odd(experts):
    """Logits that break routers; made for any number of experts from 4 up."""
    ramp = [0.5 * ((7 * e) % experts) - experts / 4 for e in range(experts)]

    def put(base, **places):
        row = list(base)
        for place, value in places.items():
            row[int(place[1:])] = value
        return row

    last = f"e{experts - 1}"
    return [
        ("all equal", [0.25] * experts),
        ("all zero, signs mixed", [0.0 if e % 2 else -0.0 for e in range(experts)]),
        ("two values", [1.0 if e % 2 else -1.0 for e in range(experts)]),
        ("the highest twice", put(ramp, e1=experts * 1.0, **{last: experts * 1.0})),
        ("one NaN", put(ramp, e2=NAN)),
        ("NaN first and last", put(ramp, e0=NAN, **{last: NAN})),
        ("one number among NaN", put([NAN] * experts, e2=1.5)),
        ("all NaN", [NAN] * experts),
        ("one infinity", put(ramp, e1=INF)),
        ("two infinities", put(ramp, e1=INF, e3=INF)),
        ("all infinity", [INF] * experts),
        ("one minus infinity", put(ramp, e0=-INF)),
        ("one number among minus infinity", put([-INF] * experts, e3=-2.0)),
        ("two numbers among minus infinity", put([-INF] * experts, e1=1.0, e2=-1.0)),
        ("all minus infinity", [-INF] * experts),
        ("NaN and both infinities", put(ramp, e0=NAN, e1=-INF, e2=INF, e3=NAN)),
        ("NaN among minus infinity", put([-INF] * experts, e0=NAN, e2=NAN)),
        ("largest and smallest floats", put(ramp, e0=MAX, e1=-MAX, e2=1e-45, e3=-1e-45)),
        ("one far above", put(ramp, e2=200.0)),
        ("all below", [-18.0 - 0.25 * e for e in range(experts)]),
        ("all far below", [-200.0 - e for e in range(experts)]),
        ("all far above", [40.0 + e for e in range(experts)]),
    ]


def with_rows(made, experts, seed):
    return made, ordinary(seed, experts) + odd(experts)


BIAS8 = [0.0, 0.75, -0.5, 0.125, 0.0, -0.25, 0.5, 0.03125]
BIAS16 = [0.02 * ((5 * e) % 16) - 0.15 for e in range(16)]
NEGATIVE16 = [-1.5 - 0.03 * ((11 * e) % 16) for e in range(16)]
LARGE8 = [8.5, 8.25, 8.75, 8.0, 8.5625, 8.125, 8.375, 8.4375]

# Chosen without the bias: 6 and 5. With it: 1, whose score is low, and 6.
CHANGED = ("the bias changes the choice", [0.0, -1.0, 0.5, -2.0, -1.5, 1.5, 1.25, -0.5])
# The four highest scores are spread over the groups, the sum of two is highest where neither is among the best.
SPREAD = ("the best two are not the best", [3.0, -4, -4, -4, 2.5, -4, -4, -4, 2.0, 2.0, 1.0, 0.5, 1.5, 1.5, -4, -4])
SPREAD_LITTLE = (SPREAD[0], [1.0, -4, -4, -4, 0.875, -4, -4, -4, 0.75, 0.625, 0.5, 0.25, 0.5625, 0.4375, -4, -4])


SOFTMAX = [with_rows(rule("softmax", k), 8, 10 + k) for k in (1, 2, 8)]
RENORMALISED = [with_rows(rule("softmax", k, normalisation=(0.0, 0.0)), 8, 20 + k) for k in (1, 2, 8)] + [
    with_rows(rule("softmax", 10, normalisation=(0.0, 0.0)), 60, 29)
]
EXPERT_SCALE = [
    with_rows(
        rule("softmax", k, normalisation=(0.0, 0.0), expert_scale=[1.0, 0.5, 2.0, -1.0, 0.0, 1.25, 0.75, 3.0]), 8, 30 + k
    )
    for k in (1, 3, 8)
]
SOFTMAX_GROUPS = [
    with_rows(rule("softmax", k, groups=groups, scale=16.0), 16, 40 + i)
    for i, (k, groups) in enumerate([(1, (4, 1, "best")), (4, (4, 2, "best")), (6, (8, 3, "best")), (16, (2, 2, "best"))])
] + [with_rows(rule("softmax", 6, scale=1.5), 16, 48)]
for _, rows in SOFTMAX_GROUPS:
    rows.insert(3, SPREAD_LITTLE)
SOFTMAX_BIAS = [
    with_rows(rule("softmax", k, bias=bias, normalisation=(minimum, 0.0)), 8, 50 + i)
    for i, (k, bias, minimum) in enumerate(
        [(1, BIAS8, 1e-12), (3, BIAS8, 1e-12), (8, BIAS8, 1e-12), (2, None, 1e-12), (2, LARGE8, 0.5)]
    )
]
SIGMOID = [with_rows(rule("sigmoid", k), 8, 60 + k) for k in (1, 2, 8)]
SIGMOID_BIAS_SUM = [
    with_rows(rule("sigmoid", k, bias=bias, normalisation=(0.0, 0.0)), 8, 70 + i)
    for i, (k, bias) in enumerate([(1, BIAS8), (2, BIAS8), (8, BIAS8), (3, LARGE8), (2, None)])
]
SIGMOID_BIAS_EPSILON = [
    with_rows(rule("sigmoid", k, bias=bias, normalisation=norm, scale=scale), 8, 80 + i)
    for i, (k, bias, norm, scale) in enumerate(
        [
            (1, BIAS8, (0.0, 1e-6), 1.0),
            (4, BIAS8, (0.0, 1e-6), 1.5),
            (8, BIAS8, (0.0, 1e-6), 1.0),
            (2, None, (0.0, 1e-6), 1.0),
            (2, BIAS8, None, 2.0),
        ]
    )
]
for _, rows in SOFTMAX_BIAS[:2] + SIGMOID_BIAS_SUM[:2] + SIGMOID_BIAS_EPSILON[:2]:
    rows.insert(3, CHANGED)
SIGMOID_GROUPS = [
    with_rows(rule("sigmoid", k, bias=bias, groups=groups, normalisation=norm, scale=scale), 16, 90 + i)
    for i, (k, bias, groups, norm, scale) in enumerate(
        [
            (1, BIAS16, (4, 1, "best-two"), (0.0, 1e-20), 2.5),
            (4, BIAS16, (4, 2, "best-two"), (0.0, 1e-20), 2.5),
            (4, NEGATIVE16, (4, 1, "best-two"), (0.0, 1e-20), 2.5),
            (8, NEGATIVE16, (8, 4, "best-two"), (0.0, 1e-20), 1.0),
            (6, BIAS16, (1, 1, "best-two"), (0.0, 1e-20), 2.446),
            (4, BIAS16, (4, 2, "best-two"), None, 1.8),
            (16, BIAS16, (1, 1, "best-two"), (0.0, 1e-20), 1.0),
            (4, None, (4, 2, "best-two"), (0.0, 1e-20), 2.5),
        ]
    )
]
for _, rows in SIGMOID_GROUPS:
    rows.insert(3, SPREAD)
CLOSE = [
    ("two close", [1.0, 3.0, 2.99, 0.5]),
    ("all close", [5.0, 5.01, 4.99, 5.02]),
    ("close below zero", [-5.0, -4.0, -4.01, -9.0]),
    ("highest is zero", [0.0, -0.001, -1.0, -2.0]),
    ("none close", [1.0, 2.0, 4.0, 8.0]),
    ("just inside and just outside", [100.0, 98.0, 97.9, 102.0]),
]
SPARSE_MIXER = [
    ({"kind": "sparse-mixer", "jitter": 0.01}, CLOSE + ordinary(100, 4) + odd(4)),
    ({"kind": "sparse-mixer", "jitter": 0.01}, ordinary(101, 16) + odd(16)),
    ({"kind": "sparse-mixer", "jitter": 0.2}, CLOSE + ordinary(102, 4)),
    ({"kind": "sparse-mixer", "jitter": 0.0}, CLOSE + ordinary(103, 4)),
    ({"kind": "sparse-mixer", "jitter": 0.01}, [("one expert", [1.5]), ("one expert, NaN", [NAN])]),
    ({"kind": "sparse-mixer", "jitter": 0.01}, [("two experts", [1.5, 1.49]), ("two experts, equal", [0.0, 0.0])]),
]

GPT_OSS, GRANITE = plain(GptOssTopKRouter), plain(GraniteMoeTopKRouter)
# These compare logits; the others compare scores.
BY_LOGITS = (GPT_OSS, GRANITE, llama4)

SUITE = {
    "softmax": (
        "softmax over all experts, the k highest as they are",
        [plain(OlmoeTopKRouter), plain(Qwen2MoeTopKRouter), plain(Qwen3MoeTopKRouter), dbrx],
        SOFTMAX,
    ),
    "softmax-renormalised": (
        "softmax over all experts, the k highest divided by their sum; the same as the softmax of the k highest logits",
        [plain(kind) for kind in (MixtralTopKRouter, OlmoeTopKRouter, Qwen2MoeTopKRouter, Qwen3MoeTopKRouter)]
        + [plain(kind) for kind in (Qwen3NextTopKRouter, Qwen3_5MoeTopKRouter)]
        + [hunyuan, dbrx, GPT_OSS, GRANITE],
        RENORMALISED,
    ),
    "softmax-expert-scale": (
        "softmax, the k highest divided by their sum, times a factor of each expert",
        [gemma4],
        EXPERT_SCALE,
    ),
    "softmax-groups": (
        "softmax, the k highest of the groups with the highest member, times a factor",
        [plain(DeepseekV2TopkRouter)],
        SOFTMAX_GROUPS,
    ),
    "softmax-bias": (
        "softmax, the k highest after a bias is added; without it divided by at least a minimum",
        [ernie],
        SOFTMAX_BIAS,
    ),
    "sigmoid": ("the k highest logits, weighted by their sigmoid", [llama4], SIGMOID),
    "sigmoid-bias-sum": (
        "sigmoid, the k highest after a bias is added; without it divided by their sum",
        [minimax],
        SIGMOID_BIAS_SUM,
    ),
    "sigmoid-bias-epsilon": (
        "sigmoid, the k highest after a bias is added; without it divided by their sum + epsilon, times a factor",
        [lfm2],
        SIGMOID_BIAS_EPSILON,
    ),
    "sigmoid-bias-groups": (
        "sigmoid plus bias, the k highest of the groups with the highest sum of two; without the bias divided by their sum"
        " + epsilon, times a factor",
        [
            with_buffer(kind)
            for kind in (DeepseekV3TopkRouter, Glm4MoeTopkRouter, Glm4MoeLiteTopkRouter, Dots1TopkRouter)
        ]
        + [with_buffer(BailingHybridTopkRouter)],
        SIGMOID_GROUPS,
    ),
    "sparse-mixer": (
        "the highest logit, then the highest of the others, each weighted by its softmax among those close to it",
        [plain(PhimoeTopKRouter)],
        SPARSE_MIXER,
    ),
}
NAMES = {
    "dbrx": "DbrxFFN.route_tokens_to_experts",
    "hunyuan": "HunYuanMoEV1Gate",
    "gemma4": "Gemma4TextRouter",
    "ernie": "Ernie4_5_MoeTopKRouter",
    "lfm2": "Lfm2MoeTopKRouter",
    "minimax": "MiniMaxM2TopKRouter",
    "llama4": "Llama4Router",
}


def close(a, b):
    return abs(a - b) <= 1e-6 + 1e-5 * abs(b)


def case(made, name, logits, routers):
    logits = [float(F(x)) for x in logits]
    ids, weights, tie, rounded = statement(made, logits)
    found = None
    for router in routers:
        other = reference(router, made, logits)
        if other is None or (tie if router in BY_LOGITS else rounded):
            continue
        agrees = set(other) == set(ids) and all(close(other[e], w) for e, w in zip(ids, weights))
        assert agrees, (router.__name__, made, name, logits, other, ids, weights)
        found = found or [other[e] for e in ids]
    return {
        "name": name,
        "from": "transformers" if found else "contract",
        "logits": [number(x) for x in logits],
        "experts": ids,
        "weights": [number(float(F(w))) for w in found or weights],
    }


def number(x):
    if math.isnan(x):
        return "NaN"
    if math.isinf(x):
        return "Infinity" if x > 0 else "-Infinity"
    # The shortest decimal that is this float.
    return float(str(F(x)))


def line(value):
    return json.dumps(value, allow_nan=False)


def write(name, text, routers, sets):
    used = [NAMES.get(router.__name__, router.__name__) for router in routers]
    out = [
        "{",
        f'  "format": "router-conformance-1",',
        f'  "name": {line(name)},',
        f'  "rule": {line(text)},',
        f'  "transformers": {line(transformers.__version__)},',
        f'  "routers": {line(used)},',
        f'  "sets": [',
    ]
    counts = {"transformers": 0, "contract": 0}
    for i, (made, rows) in enumerate(sets):
        made = {key: [number(x) for x in value] if isinstance(value, list) else value for key, value in made.items()}
        out += ["    {", f'      "rule": {line(made)},', '      "cases": [']
        for j, (title, logits) in enumerate(rows):
            vector = case(made, title, logits, routers)
            counts[vector["from"]] += 1
            out.append("        " + line(vector) + ("," if j + 1 < len(rows) else ""))
        out += ["      ]", "    }" + ("," if i + 1 < len(sets) else "")]
    out += ["  ]", "}", ""]
    with open(os.path.join(OUT, name + ".json"), "w", encoding="utf-8", newline="\n") as file:
        file.write("\n".join(out))
    print(f"{name}: {len(sets)} rules, {counts['transformers']} cases from transformers, {counts['contract']} contract")


def main():
    torch.set_num_threads(1)
    os.makedirs(OUT, exist_ok=True)
    for name, (text, routers, sets) in SUITE.items():
        write(name, text, routers, sets)


if __name__ == "__main__":
    main()
