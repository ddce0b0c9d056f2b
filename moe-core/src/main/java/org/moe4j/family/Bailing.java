// SPDX-License-Identifier: Apache-2.0
package org.moe4j.family;

import org.moe4j.ScoredTopK;
import org.moe4j.ScoredTopK.Score;
import org.moe4j.family.Scope.Bias;
import org.moe4j.model.Attention;
import org.moe4j.model.ModelSpec;
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

  private static final String QUERY_NORM = "attention.query_layernorm";
  private static final String KEY_NORM = "attention.key_layernorm";

  @Override
  public ModelSpec map(Source source) {
    boolean second = isSecond(source);
    requireKnown(source, second);
    double epsilon = source.number("rms_norm_eps", "attention.layer_norm_rms_epsilon");
    Dimensions sizes = Dimensions.of(source, Dimensions.evenHeadSize(source), (float) epsilon);
    AttentionRules unrotated =
        AttentionRules.plain(sizes, null, Bias.IF_PRESENT, Bias.IF_PRESENT)
            .withNorms(
                second
                    ? QueryKeyNorms.heads(sizes, QUERY_NORM, KEY_NORM, false)
                    : QueryKeyNorms.NONE);
    // Tensors of the file confirm the sizes before anything is allocated by them.
    maps(unrotated, source.layer(0));
    Rotary rotary =
        second
            ? RotaryRules.partialHalfSplit(source, sizes, RotaryRules.DEFAULT_BASE, 0.5)
            : RotaryRules.permutedInGguf(source, sizes, RotaryRules.DEFAULT_BASE);
    AttentionRules attention = unrotated.withRotary(index -> rotary);
    CorrectedExperts experts =
        CorrectedExperts.of(
            source, sizes.hidden(), 0, (layer, parts) -> rule(layer, parts, second));
    return Skeleton.of(source, sizes)
        .withNames(NAMES)
        .build(
            (layer, index) -> attention.build(layer, index, maps(attention, layer)),
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

  /**
   * Queries, keys and values are the rows of one map, except in GGUF files of the first version.
   */
  private static Attention.Maps maps(AttentionRules attention, Scope layer) {
    return layer.source().gguf() && layer.has("", "attn_q.weight")
        ? attention.maps(layer)
        : attention.mapsInOne(layer, "attention.query_key_value", "attention.dense");
  }
}
