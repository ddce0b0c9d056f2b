// SPDX-License-Identifier: Apache-2.0
package org.moe4j.family;

import java.util.Set;
import java.util.function.IntPredicate;
import org.jspecify.annotations.Nullable;
import org.moe4j.family.Scope.Bias;
import org.moe4j.format.TensorData;
import org.moe4j.model.FeedForward;
import org.moe4j.model.ModelSpec;
import org.moe4j.model.Rotary;

/**
 * Granite 4: Mamba-2 in most layers, attention in the others, which rotate only if the settings say
 * so; a shared expert in every layer, with or without others beside it.
 *
 * @see <a href="https://arxiv.org/abs/2405.21060">Transformers are SSMs</a>
 */
final class GraniteHybrid implements Family {

  @Override
  public ModelSpec map(Source source) {
    HybridLayers layers = layers(source);
    Dimensions sizes = layers.sizes();
    Bias bias = AttentionRules.attentionBias(source);
    boolean rotated =
        GraniteParts.rotated(
            source, "rope".equals(source.config().text("position_embedding_type", "none")));
    @Nullable Rotary rotary = RotaryRules.permutedInGguf(source, sizes, RotaryRules.DEFAULT_BASE);
    AttentionRules attention =
        AttentionRules.plain(sizes, rotated ? rotary : null, bias, bias)
            .withScale(GraniteParts.attentionScale(source, sizes));
    MambaParts mamba = MambaParts.of(source, sizes);
    return Skeleton.of(source, sizes)
        .withScales(GraniteParts.scales(source))
        .build(
            (layer, index) ->
                layers.attention().test(index) ? attention.build(layer, index) : mamba.build(layer),
            feedForwards(source, sizes.hidden()));
  }

  private static HybridLayers layers(Source source) {
    if (source.gguf()) {
      return HybridLayers.gguf(source);
    }
    String key = source.config().has("layer_types") ? "layer_types" : "layers_block_type";
    IntPredicate attention = HybridLayers.byType(source, key, Set.of("mamba", "linear_attention"));
    int heads = source.size("num_attention_heads", "");
    int kvHeads = source.size("num_key_value_heads", "", heads);
    return HybridLayers.of(source, attention, kvHeads, "rms_norm_eps");
  }

  private static Skeleton.LayerPart<FeedForward> feedForwards(Source source, int hidden) {
    boolean mixture =
        source.gguf()
            ? source.has("", "expert_count") && source.number("", "expert_count") != 0
            : source.config().int32("num_local_experts", 8) != 0;
    if (mixture) {
      return GraniteParts.feedForwards(source, hidden);
    }
    if (source.gguf()) {
      // What counts is the width of the shared expert, which the key for it may not tell.
      source.key("expert_shared_feed_forward_length");
      return (layer, index) -> {
        TensorData gate = layer.tensor("", "ffn_gate.weight");
        int width = gate.rank() == 0 ? 1 : (int) Math.min(gate.size(0), Integer.MAX_VALUE);
        return GraniteParts.shared(layer, "", hidden, width);
      };
    }
    int width = source.size("shared_intermediate_size", "", 1024);
    return (layer, index) -> GraniteParts.shared(layer, "", hidden, width);
  }
}
