// SPDX-License-Identifier: Apache-2.0
package org.moe4j.family;

import org.jspecify.annotations.Nullable;
import org.moe4j.ScoredTopK;
import org.moe4j.ScoredTopK.Score;
import org.moe4j.family.Scope.Bias;
import org.moe4j.format.TensorData;
import org.moe4j.model.Attention;
import org.moe4j.model.Linear;
import org.moe4j.model.ModelSpec;
import org.moe4j.model.Norm;
import org.moe4j.model.Reach;
import org.moe4j.model.Rotary;

/**
 * Ling, called Bailing in its files: one map for queries, keys and values; the first version
 * chooses experts by softmax, the second by corrected sigmoid scores in groups and norms queries
 * and keys.
 *
 * <p>Not part of transformers: the code beside the published weights is the reference.
 *
 * @see <a href="https://arxiv.org/abs/2503.05139">Every FLOP Counts: Scaling a 300B
 *     Mixture-of-Experts LING LLM without Premium GPUs</a>
 * @see <a href="https://arxiv.org/abs/2510.22115">Every Activation Boosted: Scaling General
 *     Reasoner to 1 Trillion Open Language Foundation</a>
 */
final class Bailing implements Family {

  private static final Skeleton.Names NAMES =
      new Skeleton.Names(
          "model.word_embeddings",
          "input_layernorm",
          "attn_norm",
          "post_attention_layernorm",
          "ffn_norm",
          "model.norm",
          "lm_head");

  @Override
  public ModelSpec map(Source source) {
    boolean second = isSecond(source);
    requireKnown(source, second);
    double epsilon = source.number("rms_norm_eps", "attention.layer_norm_rms_epsilon");
    Dimensions sizes = Dimensions.of(source, Dimensions.evenHeadSize(source), (float) epsilon);
    maps(source.layer(0), sizes);
    Rotary rotary =
        second
            ? RotaryRules.partialHalfSplit(source, sizes, RotaryRules.DEFAULT_BASE, 0.5)
            : RotaryRules.permutedInGguf(source, sizes, RotaryRules.DEFAULT_BASE);
    CorrectedExperts experts =
        CorrectedExperts.of(
            source, sizes.hidden(), 0, (layer, parts) -> rule(layer, parts, second));
    return Skeleton.of(source, sizes)
        .withNames(NAMES)
        .build(
            (layer, index) ->
                new Attention(
                    sizes.heads(),
                    sizes.kvHeads(),
                    sizes.headSize(),
                    maps(layer, sizes),
                    0,
                    second ? norms(layer, sizes) : Attention.Norms.NONE,
                    rotary,
                    null,
                    (float) (1 / Math.sqrt(sizes.headSize())),
                    Reach.ALL,
                    null),
            experts::build);
  }

  private static boolean isSecond(Source source) {
    return source.family().equals("bailingmoe2")
        || source.family().equals("bailing_moe_v2")
        || (!source.gguf()
            && source.config().has("architectures")
            && source.config().strings("architectures").contains("BailingMoeV2ForCausalLM"));
  }

  private static void requireKnown(Source source, boolean second) {
    if (source.gguf()) {
      // How wide the shared expert is, follows from the number that it stands for.
      source.key("expert_shared_feed_forward_length");
      return;
    }
    source.requireFlag("norm_head", false);
    source.requireFlag("use_sliding_window", false);
    source.requireFlag("use_rmsnorm", true);
    if (second) {
      source.oneOf("score_function", "sigmoid", "sigmoid");
    }
  }

  /** A single expert's weight is never normalised; several are always in the second version. */
  private static ScoredTopK rule(Scope layer, ExpertParts experts, boolean second) {
    Source source = layer.source();
    Score score = second ? Score.SIGMOID : Score.SOFTMAX;
    ScoredRouting.requireGating(source, score);
    ScoredRouting routing = ScoredRouting.of(source, experts, true);
    ScoredTopK rule = routing.weighted(routing.scored(score));
    if (rule.k() == 1) {
      rule = rule.withNormalisation(null);
    } else if (second && rule.normalisation() == null) {
      throw source.unsupported(
          source.gguf() ? source.key("expert_weights_norm") : "norm_topk_prob", "false", "true");
    }
    return second
        ? routing
            .limited(rule)
            .withBias(ScoredRouting.bias(layer, "mlp.gate.expert_bias", experts.experts()))
        : rule;
  }

  private static Attention.Norms norms(Scope layer, Dimensions sizes) {
    return new Attention.Norms(norm(layer, sizes, "query"), norm(layer, sizes, "key"), null, false);
  }

  private static Norm norm(Scope layer, Dimensions sizes, String of) {
    return layer.norm(
        "attention." + of + "_layernorm",
        "attn_" + of.charAt(0) + "_norm",
        sizes.headSize(),
        sizes.epsilon());
  }

  /**
   * Queries, keys and values are the rows of one map, except in GGUF files of the first version.
   */
  private static Attention.Maps maps(Scope layer, Dimensions sizes) {
    int hidden = sizes.hidden();
    long queries = sizes.queryWidth();
    long keys = sizes.keyWidth();
    Linear output =
        layer.linear("attention.dense", "attn_output", hidden, queries, Bias.IF_PRESENT);
    if (layer.source().gguf() && layer.has("", "attn_q.weight")) {
      return new Attention.Maps(
          layer.linear("", "attn_q", queries, hidden, Bias.IF_PRESENT),
          layer.linear("", "attn_k", keys, hidden, Bias.IF_PRESENT),
          layer.linear("", "attn_v", keys, hidden, Bias.IF_PRESENT),
          output);
    }
    Linear all =
        layer.linear(
            "attention.query_key_value", "attn_qkv", queries + 2 * keys, hidden, Bias.IF_PRESENT);
    return new Attention.Maps(
        rows(all, 0, queries),
        rows(all, queries, queries + keys),
        rows(all, queries + keys, queries + 2 * keys),
        output);
  }

  private static Linear rows(Linear all, long from, long to) {
    @Nullable TensorData bias = all.bias();
    return new Linear(all.weight().rows(from, to), bias == null ? null : bias.rows(from, to));
  }
}
