// SPDX-License-Identifier: Apache-2.0
package org.moe4j.family;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.IntPredicate;
import org.jspecify.annotations.Nullable;
import org.moe4j.family.Scope.Bias;
import org.moe4j.format.TensorData;
import org.moe4j.model.FeedForward;
import org.moe4j.model.Linear;
import org.moe4j.model.Mamba2;
import org.moe4j.model.ModelSpec;
import org.moe4j.model.Norm;
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
    Mamba mamba = Mamba.of(source, sizes);
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

  /** The sizes of the Mamba-2 layers. */
  private record Mamba(
      int hidden,
      int heads,
      int headSize,
      int groups,
      int stateSize,
      int taps,
      float least,
      float most,
      float epsilon) {

    static Mamba of(Source source, Dimensions sizes) {
      int heads = source.size("mamba_n_heads", "ssm.time_step_rank", 128);
      long width =
          source.gguf()
              ? source.size("", "ssm.inner_size")
              : (long) source.size("mamba_expand", "", 2) * sizes.hidden();
      if (width % heads != 0 || width > Integer.MAX_VALUE) {
        throw source.badSetting(
            "mamba_n_heads",
            "ssm.time_step_rank",
            "expected a divisor of the inner size %d, found %d".formatted(width, heads));
      }
      int headSize = (int) (width / heads);
      if (!source.gguf()
          && source.config().value("mamba_d_head") instanceof Number told
          && told.longValue() != headSize) {
        throw source.badSetting(
            "mamba_d_head", "", "expected %d, found %s".formatted(headSize, told));
      }
      int groups = source.size("mamba_n_groups", "ssm.group_count", 1);
      if (heads % groups != 0) {
        throw source.badSetting(
            "mamba_n_groups",
            "ssm.group_count",
            "expected a divisor of the %d heads, found %d".formatted(heads, groups));
      }
      int stateSize = source.size("mamba_d_state", "ssm.state_size", 256);
      if (2L * groups * stateSize > Integer.MAX_VALUE - 2 * width - heads
          || width * stateSize > Integer.MAX_VALUE / 2) {
        throw source.badSetting(
            "mamba_d_state",
            "ssm.state_size",
            "%d for each of %d values is too large".formatted(stateSize, width));
      }
      return new Mamba(
          sizes.hidden(),
          heads,
          headSize,
          groups,
          stateSize,
          source.size("mamba_d_conv", "ssm.conv_kernel", 4),
          limit(source, 0, 0),
          limit(source, 1, Float.POSITIVE_INFINITY),
          sizes.epsilon());
    }

    /** One of the two limits of a time step; the upper one may be infinite in several spellings. */
    private static float limit(Source source, int index, float fallback) {
      if (source.gguf() || !source.config().has("time_step_limit")) {
        return fallback;
      }
      Object limits = source.config().value("time_step_limit");
      if (limits instanceof List<?> pair && pair.size() == 2) {
        Object limit = pair.get(index);
        if (limit instanceof Number number && !Double.isNaN(number.doubleValue())) {
          return number.floatValue();
        }
        if (limit instanceof Map<?, ?> special && "Infinity".equals(special.get("__float__"))) {
          return Float.POSITIVE_INFINITY;
        }
      }
      throw source.badSetting("time_step_limit", "", "expected two numbers, found " + limits);
    }

    Mamba2 build(Scope layer) {
      Source source = layer.source();
      boolean gguf = source.gguf();
      int width = heads * headSize;
      long states = (long) groups * stateSize;
      int channels = Math.toIntExact(width + 2 * states);
      Linear input =
          layer.linear(
              "mamba.in_proj",
              "ssm_in",
              (long) width + channels + heads,
              hidden,
              bias(source, "mamba_proj_bias", false));
      List<Norm> norms = new ArrayList<>();
      int each = width / groups;
      TensorData norm =
          gguf
              ? layer.tensor("", "ssm_norm.weight", groups, each)
              : layer.tensor("mamba.norm.weight", "", groups * (long) each);
      for (int i = 0; i < groups; i++) {
        TensorData own = gguf ? norm.slice(i) : norm.rows((long) i * each, (i + 1L) * each);
        norms.add(Norm.rootMeanSquare(own, epsilon));
      }
      return new Mamba2(
          heads,
          headSize,
          groups,
          stateSize,
          new Mamba2.Maps(
              input.rows(0, width),
              input.rows(width, width + channels),
              input.rows(width + channels, width + channels + heads),
              layer.linear(
                  "mamba.out_proj",
                  "ssm_out",
                  hidden,
                  width,
                  bias(source, "mamba_proj_bias", false))),
          layer.convolution(
              "mamba.conv1d", "ssm_conv1d", channels, taps, bias(source, "mamba_conv_bias", true)),
          new Mamba2.TimeStep(
              layer.tensor("mamba.dt_bias", "ssm_dt.bias", heads),
              rates(layer, "mamba.A_log"),
              gguf ? layer.tensor("", "ssm_d", heads, 1) : layer.tensor("mamba.D", "", heads),
              least,
              most),
          norms);
    }

    private TensorData rates(Scope layer, String hf) {
      return layer.source().gguf()
          ? layer.tensor("", "ssm_a", heads, 1)
          : layer.negatedExponentials(hf, heads);
    }

    private static Bias bias(Source source, String key, boolean fallback) {
      if (source.gguf()) {
        return Bias.IF_PRESENT;
      }
      return source.config().flag(key, fallback) ? Bias.REQUIRED : Bias.NONE;
    }
  }
}
