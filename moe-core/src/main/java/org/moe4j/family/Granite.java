// SPDX-License-Identifier: Apache-2.0
package org.moe4j.family;

import org.jspecify.annotations.Nullable;
import org.moe4j.family.Scope.Bias;
import org.moe4j.model.GatedFeedForward;
import org.moe4j.model.ModelSpec;
import org.moe4j.model.Rotary;

/**
 * Granite, Granite-MoE and Granite-MoE-shared: Llama's attention and norms, with factors of the
 * embedding, the dot products, both branches and the logits.
 *
 * @see <a href="https://arxiv.org/abs/2408.13359">Power Scheduler, appendix: PowerMoE</a>
 */
final class Granite implements Family {

  @Override
  public ModelSpec map(Source source) {
    Dimensions sizes = Dimensions.of(source);
    int hidden = sizes.hidden();
    Bias bias = AttentionRules.attentionBias(source);
    @Nullable Rotary rotary =
        GraniteParts.rotated(source, true)
            ? RotaryRules.permutedInGguf(source, sizes, RotaryRules.DEFAULT_BASE)
            : null;
    AttentionRules attention =
        AttentionRules.plain(sizes, rotary, bias, bias)
            .withScale(GraniteParts.attentionScale(source, sizes));
    return Skeleton.of(source, sizes)
        .withScales(GraniteParts.scales(source))
        .build(
            attention::build,
            isMixture(source)
                ? GraniteParts.feedForwards(source, hidden)
                : (layer, index) -> dense(layer, hidden));
  }

  private static boolean isMixture(Source source) {
    return !source.family().equals("granite");
  }

  private static GatedFeedForward dense(Scope layer, int hidden) {
    Source source = layer.source();
    Bias bias = Bias.of(source, "mlp_bias", false);
    int width = source.size("intermediate_size", "feed_forward_length");
    return layer.gated("mlp", "", hidden, width, bias);
  }
}
