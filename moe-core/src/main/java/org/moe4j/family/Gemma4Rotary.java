// SPDX-License-Identifier: Apache-2.0
package org.moe4j.family;

import java.util.Map;
import org.moe4j.format.Config;
import org.moe4j.format.Dequantizer;
import org.moe4j.format.TensorData;
import org.moe4j.model.Rotary;

/**
 * How Gemma 4 rotates: sliding layers as usual, full ones with a base of their own and only the
 * fast pairs of each head. In GGUF files the others have an infinite divisor.
 */
final class Gemma4Rotary {

  private static final double BASE = 1_000_000;
  private static final double SLIDING_BASE = 10_000;

  private Gemma4Rotary() {}

  /**
   * As a config tells.
   *
   * @param source the file
   * @param sliding whether the layer slides
   * @param headSize width of its heads
   */
  static Rotary config(Source source, boolean sliding, int headSize) {
    Config config = source.config();
    String type = sliding ? Gemma4Layers.SLIDING : Gemma4Layers.FULL;
    Config own =
        config.has("rope_parameters")
            ? config.section("rope_parameters").section(type)
            : Config.of(config.file(), Map.of());
    boolean usual = sliding || !own.keys().isEmpty();
    String kind = own.text("rope_type", usual ? "default" : "proportional");
    double base =
        RotaryRules.requireBase(
            config.file(),
            "rope_parameters." + type + ".rope_theta",
            own.number("rope_theta", sliding ? SLIDING_BASE : BASE));
    return switch (kind) {
      case "default" -> new Rotary(RotaryFrequencies.plain(base, headSize), false, 1);
      case "proportional" -> {
        double share = own.number("partial_rotary_factor", usual ? 1 : 0.25);
        double factor = own.number("factor", 1);
        if (share < 0 || share > 1 || factor <= 0) {
          throw source.badSetting(
              "rope_parameters",
              "",
              "expected a share of 0 to 1 and a positive factor, found %s and %s"
                  .formatted(share, factor));
        }
        int rotated = (int) Math.floor(share * headSize / 2);
        float[] frequencies = RotaryFrequencies.proportional(base, headSize, rotated);
        yield new Rotary(RotaryFrequencies.linear(frequencies, factor), false, 1);
      }
      default -> throw source.unsupported("rope_type", "\"" + kind + "\"", "default, proportional");
    };
  }

  /** As a GGUF file tells. */
  static Rotary gguf(Source source, boolean sliding, int headSize) {
    String name = sliding ? "rope.freq_base_swa" : "rope.freq_base";
    double base =
        RotaryRules.requireBase(
            source.config().file(),
            source.key(name),
            source.number("", name, sliding ? SLIDING_BASE : BASE));
    float[] frequencies = RotaryFrequencies.plain(base, headSize);
    if (!sliding && source.hasTensor("rope_freqs.weight")) {
      TensorData divisors = source.tensor("rope_freqs.weight", frequencies.length);
      float[] values = new float[frequencies.length];
      Dequantizer.row(divisors.type(), divisors.data(), 0, values, 0, values.length);
      frequencies = RotaryFrequencies.divided(frequencies, values);
    }
    return new Rotary(frequencies, false, 1);
  }
}
