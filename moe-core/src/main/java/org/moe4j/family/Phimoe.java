// SPDX-License-Identifier: Apache-2.0
package org.moe4j.family;

import org.moe4j.SparseMixer;
import org.moe4j.family.ExpertParts.Names;
import org.moe4j.family.Scope.Bias;
import org.moe4j.model.Linear;
import org.moe4j.model.Mixture;
import org.moe4j.model.ModelSpec;
import org.moe4j.model.Rotary;

/**
 * Phi-3.5-MoE: experts in every layer, two of which are chosen one after the other, norms of
 * deviations from the mean with biases, rotation with factors for short and for long sequences.
 *
 * @see <a href="https://arxiv.org/abs/2404.14219">Phi-3 Technical Report</a>
 * @see LongRope
 */
final class Phimoe implements Family {

  private static final double BASE = 1_000_000;

  @Override
  public ModelSpec map(Source source) {
    Dimensions sizes = Dimensions.of(source);
    Bias bias = AttentionRules.attentionBias(source);
    int window = window(source);
    AttentionRules attention =
        AttentionRules.plain(sizes, rotary(source, sizes), bias, bias)
            .withReach(layer -> SlidingWindows.reach(window));
    ExpertParts experts =
        ExpertParts.of(
            source, sizes.hidden(), source.size("intermediate_size", "feed_forward_length"));
    if (experts.perToken() != 2) {
      throw source.unsupported(
          source.gguf() ? source.key("expert_used_count") : "num_experts_per_tok",
          String.valueOf(experts.perToken()),
          "2");
    }
    requireOutputBias(source);
    // GGUF files do not tell the distance within which logits are close.
    SparseMixer rule =
        new SparseMixer(source.gguf() ? 0.01 : source.number("router_jitter_noise", "", 0.01));
    return Skeleton.of(source, sizes)
        .withNorms((scope, hf, gguf, width, epsilon) ->
            scope.layerNorm(hf, gguf, width, epsilon, Bias.REQUIRED))
        .build(
            attention::build,
            (layer, index) -> {
              Names names = layer.has("mlp.router.weight", "") ? Names.MLP : Names.MIXTRAL;
              String router = names.equals(Names.MLP) ? "mlp.router" : "block_sparse_moe.gate";
              return new Mixture(
                  router(layer, router, experts), rule, experts.read(layer, names), null);
            });
  }

  private static Linear router(Scope layer, String name, ExpertParts experts) {
    return layer.linear(name, "ffn_gate_inp", experts.experts(), experts.hidden(), Bias.NONE);
  }

  private static int window(Source source) {
    return source.gguf()
        ? source.config().int32(source.key("attention.sliding_window"), 0)
        : SlidingWindows.everywhere(source, 0);
  }

  private static Rotary rotary(Source source, Dimensions sizes) {
    if (source.gguf()) {
      return source.hasTensor("rope_factors_long.weight")
          ? LongRope.gguf(source, sizes, BASE)
          : RotaryRules.halfSplit(source, sizes, BASE);
    }
    return switch (ConfigRotary.type(ConfigRotary.section(source.config()))) {
      case "default" -> RotaryRules.halfSplit(source, sizes, BASE);
      case "longrope" -> LongRope.config(source, sizes, BASE);
      case String other ->
          throw source.unsupported("rope_type", "\"" + other + "\"", "default, longrope");
    };
  }

  private static void requireOutputBias(Source source) {
    boolean found = source.hasTensor("lm_head.bias");
    if (!source.gguf() && found != source.config().flag("lm_head_bias", false)) {
      throw source.badSetting(
          "lm_head_bias",
          "",
          found ? "expected true, there is one" : "expected false, there is none");
    }
  }
}
