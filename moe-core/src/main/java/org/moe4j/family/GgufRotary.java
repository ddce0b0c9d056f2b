// SPDX-License-Identifier: Apache-2.0
package org.moe4j.family;

import org.moe4j.format.Dequantizer;
import org.moe4j.format.TensorData;
import org.moe4j.model.Rotary;

/**
 * Rotary settings of a GGUF file: keys under {@code rope.}, and for llama3 a tensor with one
 * divisor a pair.
 */
final class GgufRotary {

  private static final String DIVISORS = "rope_freqs.weight";

  private GgufRotary() {}

  static Rotary read(
      Source source, Dimensions sizes, double defaultBase, boolean interleaved, boolean truncate) {
    int dimensions = source.size("", "rope.dimension_count", sizes.headSize());
    if (dimensions % 2 != 0 || dimensions > sizes.headSize()) {
      throw source.badSetting(
          "",
          "rope.dimension_count",
          "expected an even number up to %d, found %d".formatted(sizes.headSize(), dimensions));
    }
    double base =
        RotaryRules.requireBase(
            source.config().file(),
            source.key("rope.freq_base"),
            source.number("", "rope.freq_base", defaultBase));
    float[] plain = divided(source, RotaryFrequencies.plain(base, dimensions));
    double told =
        source.number("", "rope.scaling.factor", source.number("", "rope.scale_linear", 0));
    // Zero is how some files say that there is none.
    double factor = told > 0 ? told : 1;
    String type = source.config().text(source.key("rope.scaling.type"), "linear");
    return switch (type) {
      case "none" -> new Rotary(plain, interleaved, 1);
      case "linear" -> new Rotary(RotaryFrequencies.linear(plain, factor), interleaved, 1);
      case "yarn" -> {
        Yarn yarn = yarn(source, sizes, factor, truncate);
        yield new Rotary(yarn.frequencies(plain, base), interleaved, yarn.attentionFactor());
      }
      default ->
          throw source.unsupported(
              source.key("rope.scaling.type"), "\"" + type + "\"", "none, linear, yarn");
    };
  }

  private static float[] divided(Source source, float[] plain) {
    if (!source.hasTensor(DIVISORS)) {
      return plain;
    }
    TensorData divisors = source.tensor(DIVISORS, plain.length);
    float[] values = new float[plain.length];
    Dequantizer.row(divisors.type(), divisors.data(), 0, values, 0, values.length);
    return RotaryFrequencies.divided(plain, values);
  }

  private static Yarn yarn(Source source, Dimensions sizes, double factor, boolean truncate) {
    for (String name : new String[] {"attn_factor", "yarn_attn_factor", "yarn_ext_factor"}) {
      double value = source.number("", "rope.scaling." + name, 1);
      if (value != 1) {
        throw source.unsupported(source.key("rope.scaling." + name), String.valueOf(value), "1");
      }
    }
    return new Yarn(
        factor,
        source.size("", "rope.scaling.original_context_length", sizes.context()),
        positive(source, "yarn_beta_fast", 32),
        positive(source, "yarn_beta_slow", 1),
        truncate,
        (float) Yarn.mscale(factor, 1));
  }

  private static double positive(Source source, String name, double fallback) {
    double value = source.number("", "rope.scaling." + name, fallback);
    if (value <= 0) {
      throw source.badSetting(
          "", "rope.scaling." + name, "expected a number greater than 0, found " + value);
    }
    return value;
  }
}
