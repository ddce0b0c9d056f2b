// SPDX-License-Identifier: Apache-2.0
package org.moe4j.family;

import org.moe4j.SoftmaxTopK;
import org.moe4j.family.ExpertParts.Names;
import org.moe4j.family.Scope.Bias;
import org.moe4j.model.Mixture;
import org.moe4j.model.ModelSpec;

/**
 * OLMoE: experts in every layer, one norm over a whole query or key row, and optionally limits of
 * queries, keys and values.
 *
 * @see <a href="https://arxiv.org/abs/2409.02060">OLMoE: Open Mixture-of-Experts Language
 *     Models</a>
 */
final class Olmoe implements Family {

  @Override
  public ModelSpec map(Source source) {
    Dimensions sizes = Dimensions.of(source);
    Bias bias = AttentionRules.attentionBias(source);
    AttentionRules attention =
        AttentionRules.plain(sizes, RotaryRules.halfSplit(source, sizes), bias, bias)
            .withNorms(QueryKeyNorms.rows(sizes))
            .withClip(clip(source));
    if (!source.gguf() && source.config().has("sliding_window")) {
      // Whether it has an effect depends on the attention kernel that transformers chooses.
      throw source.unsupported(
          "sliding_window", String.valueOf(source.config().value("sliding_window")), "null");
    }
    int intermediate = source.size("intermediate_size", "feed_forward_length");
    if (source.gguf()) {
      intermediate = source.size("", "expert_feed_forward_length", intermediate);
    }
    ExpertParts experts = ExpertParts.of(source, sizes.hidden(), intermediate);
    SoftmaxTopK rule = experts.softmax(source, false);
    return Skeleton.of(source, sizes)
        .build(
            attention::build,
            (layer, index) ->
                new Mixture(
                    experts.router(layer, Names.MLP), rule, experts.read(layer, Names.MLP), null));
  }

  /** The limit of queries, keys and values; 0 for none. */
  static float clip(Source source) {
    if (!source.has("clip_qkv", "attention.clamp_kqv")) {
      return 0;
    }
    double clip = source.number("clip_qkv", "attention.clamp_kqv");
    // GGUF files have 0 for no limit; in a config it would make every query zero.
    if (clip < 0 || (clip == 0 && !source.gguf())) {
      throw source.badSetting(
          "clip_qkv", "attention.clamp_kqv", "expected a positive number, found " + clip);
    }
    return (float) clip;
  }
}
