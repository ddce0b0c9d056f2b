// SPDX-License-Identifier: Apache-2.0
package org.moe4j.family;

import org.moe4j.SoftmaxTopK;
import org.moe4j.family.ExpertParts.Names;
import org.moe4j.family.Scope.Bias;
import org.moe4j.model.Mixture;
import org.moe4j.model.ModelSpec;

/**
 * Mixtral: Mistral with experts in every layer, whose weights are renormalised. In GGUF files its
 * architecture is {@code llama}.
 *
 * @see <a href="https://arxiv.org/abs/2401.04088">Mixtral of Experts</a>
 */
final class Mixtral implements Family {

  /** What a config without {@code rope_theta} means. */
  private static final double CONFIG_BASE = 1_000_000;

  @Override
  public ModelSpec map(Source source) {
    Dimensions sizes = Dimensions.of(source);
    // Configs have no biases; GGUF files of this architecture tell by their tensors.
    Bias bias = source.gguf() ? Bias.IF_PRESENT : Bias.NONE;
    int window = source.gguf() ? 0 : SlidingWindows.everywhere(source, 0);
    AttentionRules attention =
        AttentionRules.plain(
                sizes, RotaryRules.permutedInGguf(source, sizes, CONFIG_BASE), bias, bias)
            .withReach(
                source.gguf() ? Llama.ggufWindow(source) : layer -> SlidingWindows.reach(window));
    int intermediate = source.size("intermediate_size", "feed_forward_length");
    if (source.gguf()) {
      intermediate = source.size("", "expert_feed_forward_length", intermediate);
    }
    ExpertParts experts = ExpertParts.of(source, sizes.hidden(), intermediate);
    SoftmaxTopK rule =
        source.gguf() ? experts.softmax(source, true) : new SoftmaxTopK(experts.perToken(), true);
    return Skeleton.of(source, sizes)
        .build(
            attention::build,
            (layer, index) -> {
              Names names = layer.has("mlp.gate.weight", "") ? Names.MLP : Names.MIXTRAL;
              return new Mixture(
                  experts.router(layer, names), rule, experts.read(layer, names), null);
            });
  }
}
