// SPDX-License-Identifier: Apache-2.0
package org.moe4j.family;

import org.moe4j.format.Config;
import org.moe4j.model.Rotary;

/**
 * Rotation and attention factor of latent attention. With YaRN the dot products grow with the
 * context by {@code mscale_all_dim}, and what the usual factor of the rotated parts makes too much
 * is taken back.
 *
 * <p>GGUF files carry {@code mscale_all_dim} alone, as a tenth, and mean that {@code mscale} is the
 * same. Without it llama.cpp scales all dot products by the usual factor too; here, as in the
 * reference, it scales the rotated parts only.
 *
 * @param rotary rotation of the rotated parts
 * @param factor factor of the dot products beside one over the root of the head size
 */
record LatentScaling(Rotary rotary, double factor) {

  static LatentScaling of(Source source, Dimensions sizes, boolean interleaved) {
    Rotary rotary = RotaryRules.partial(source, sizes, RotaryRules.DEFAULT_BASE, interleaved);
    if (rotary.pairs() * 2 != sizes.headSize()) {
      throw source.unsupported(
          "partial_rotary_factor", 2.0 * rotary.pairs() / sizes.headSize() + "", "1");
    }
    return source.gguf() ? gguf(source, rotary) : config(source.config(), rotary);
  }

  private static LatentScaling config(Config all, Rotary rotary) {
    Config own = ConfigRotary.section(all);
    String type = own.text("rope_type", own.text("type", "default"));
    double weight = own.number("mscale_all_dim", 0);
    if (type.equals("default") || weight == 0) {
      return new LatentScaling(rotary, 1);
    }
    double mscale = Yarn.mscale(own.number("factor"), weight);
    return new LatentScaling(rotary, mscale * mscale);
  }

  private static LatentScaling gguf(Source source, Rotary rotary) {
    double weight = 10 * source.number("", "rope.scaling.yarn_log_multiplier", 0);
    boolean yarn = source.config().text(source.key("rope.scaling.type"), "linear").equals("yarn");
    if (!yarn || weight == 0) {
      return new LatentScaling(rotary, 1);
    }
    double mscale = Yarn.mscale(source.number("", "rope.scaling.factor"), weight);
    float[] frequencies = new float[rotary.pairs()];
    for (int pair = 0; pair < frequencies.length; pair++) {
      frequencies[pair] = rotary.frequency(pair);
    }
    return new LatentScaling(new Rotary(frequencies, rotary.interleaved(), 1), mscale * mscale);
  }
}
