// SPDX-License-Identifier: Apache-2.0
package org.moe4j.family;

import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.moe4j.family.Scope.Bias;
import org.moe4j.format.TensorData;
import org.moe4j.model.Linear;
import org.moe4j.model.Mamba2;
import org.moe4j.model.Norm;

/**
 * The Mamba-2 layers of a model. One map gives gates, values, both sides of the state and time
 * steps.
 *
 * @param hidden width of the residual stream
 * @param heads heads of values
 * @param headSize width of a head
 * @param groups groups of heads that share both sides of the state
 * @param stateSize state numbers a value
 * @param taps positions that take part in the convolution
 * @param least least time step
 * @param most largest time step
 * @param epsilon epsilon of the output norm
 */
record MambaParts(
    int hidden,
    int heads,
    int headSize,
    int groups,
    int stateSize,
    int taps,
    float least,
    float most,
    float epsilon) {

  /** As the settings tell; heads and groups must divide what they share. */
  static MambaParts of(Source source, Dimensions sizes) {
    int heads = source.size("mamba_n_heads", "ssm.time_step_rank", 128);
    long width =
        source.gguf()
            ? source.size("", "ssm.inner_size")
            : (long) source.size("mamba_expand", "", 2) * sizes.hidden();
    source.requireDivisor("mamba_n_heads", "ssm.time_step_rank", heads, width, "inner size");
    long headSize = width / heads;
    if (!source.gguf()
        && source.config().value("mamba_d_head") instanceof Number told
        && told.longValue() != headSize) {
      throw source.badSetting(
          "mamba_d_head", "", "expected %d, found %s".formatted(headSize, told));
    }
    int groups = source.size("mamba_n_groups", "ssm.group_count", 1);
    source.requireDivisor("mamba_n_groups", "ssm.group_count", groups, heads, "heads");
    int stateSize = source.size("mamba_d_state", "ssm.state_size", 256);
    if (2L * groups * stateSize > Integer.MAX_VALUE - 2 * width - heads
        || width > Integer.MAX_VALUE / 2 / stateSize) {
      throw source.badSetting(
          "mamba_d_state",
          "ssm.state_size",
          "%d for each of %d values is too large".formatted(stateSize, width));
    }
    return new MambaParts(
        sizes.hidden(),
        heads,
        (int) headSize,
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

  /** A layer's mixer. */
  Mamba2 build(Scope layer) {
    Source source = layer.source();
    boolean gguf = source.gguf();
    int width = heads * headSize;
    long states = (long) groups * stateSize;
    int channels = Math.toIntExact(width + 2 * states);
    Bias bias = Bias.of(source, "mamba_proj_bias", false);
    Linear input =
        layer.linear("mamba.in_proj", "ssm_in", (long) width + channels + heads, hidden, bias);
    return new Mamba2(
        heads,
        headSize,
        groups,
        stateSize,
        new Mamba2.Maps(
            input.rows(0, width),
            input.rows(width, width + channels),
            input.rows(width + channels, width + channels + heads),
            layer.linear("mamba.out_proj", "ssm_out", hidden, width, bias)),
        layer.convolution(
            "mamba.conv1d", "ssm_conv1d", channels, taps, Bias.of(source, "mamba_conv_bias", true)),
        new Mamba2.TimeStep(
            layer.tensor("mamba.dt_bias", "ssm_dt.bias", heads),
            gguf
                ? layer.tensor("", "ssm_a", heads, 1)
                : layer.negatedExponentials("mamba.A_log", heads),
            gguf ? layer.tensor("", "ssm_d", heads, 1) : layer.tensor("mamba.D", "", heads),
            least,
            most),
        norms(layer));
  }

  /** One norm a group; safetensors have their weights one after the other. */
  private List<Norm> norms(Scope layer) {
    long each = (long) heads * headSize / groups;
    TensorData all =
        layer.source().gguf()
            ? layer.tensor("", "ssm_norm.weight", groups, each)
            : layer.tensor("mamba.norm.weight", "", groups * each);
    return IntStream.range(0, groups)
        .mapToObj(i -> all.rank() == 2 ? all.slice(i) : all.rows(i * each, (i + 1) * each))
        .map(own -> Norm.rootMeanSquare(own, epsilon))
        .toList();
  }
}
