// SPDX-License-Identifier: Apache-2.0
package org.moe4j.family;

import java.util.Set;
import org.moe4j.MixtureException;
import org.moe4j.format.Config;
import org.moe4j.format.Dequantizer;
import org.moe4j.format.TensorData;
import org.moe4j.model.Rotary;

/**
 * LongRoPE: each frequency is divided by a factor of its own, and there is one set of factors for
 * sequences within the original context and one for longer ones.
 *
 * <p>Which set a sequence has is decided before its first position and stays: the long one if the
 * prompt, together with the answer's limit where the caller gives one, has more positions than the
 * original context. An answer without limit that grows beyond it keeps the short factors. So
 * results do not depend on how a prompt is cut into steps. (The code of transformers decides anew
 * in each call, by the positions so far, and leaves keys that are in the cache as they are.)
 *
 * @see <a href="https://arxiv.org/abs/2402.13753">LongRoPE: Extending LLM Context Window Beyond 2
 *     Million Tokens</a>
 */
final class LongRope {

  private static final Set<String> KNOWN =
      Set.of(
          "rope_type",
          "type",
          "rope_theta",
          "short_factor",
          "long_factor",
          "short_mscale",
          "long_mscale",
          "original_max_position_embeddings",
          "factor");

  private LongRope() {}

  /** Half-split pairs in both formats. The scales of short and long are settings in configs. */
  static Rotary config(Source source, Dimensions sizes, double defaultBase) {
    Config all = source.config();
    Config own = ConfigRotary.section(all);
    for (String key : own.keys()) {
      if (own.has(key) && !KNOWN.contains(key)) {
        throw new MixtureException.Unsupported(
            all.file() + ": rope_parameters." + key,
            "this setting",
            String.join(", ", KNOWN.stream().sorted().toList()));
      }
    }
    double base =
        RotaryRules.requireBase(
            all.file(),
            "rope_theta",
            own.number("rope_theta", all.number("rope_theta", defaultBase)));
    String key = "original_max_position_embeddings";
    int original = own.has(key) ? own.int32(key) : all.int32(key);
    return rotary(
        base,
        new Factors(factors(own, "short_factor", sizes), (float) own.number("short_mscale")),
        new Factors(factors(own, "long_factor", sizes), (float) own.number("long_mscale")),
        original);
  }

  private static float[] factors(Config own, String key, Dimensions sizes) {
    float[] factors = own.floats(key);
    require(own.file(), key, factors, sizes.headSize() / 2);
    return factors;
  }

  private static void require(String file, String key, float[] factors, int pairs) {
    boolean positive = factors.length == pairs;
    for (float factor : factors) {
      positive &= factor > 0;
    }
    if (!positive) {
      throw new MixtureException.BadFile(
          file, key, "expected %d numbers greater than 0".formatted(pairs), null);
    }
  }

  /** Two tensors; one scale for both. */
  static Rotary gguf(Source source, Dimensions sizes, double defaultBase) {
    int dimensions = source.size("", "rope.dimension_count", sizes.headSize());
    if (dimensions != sizes.headSize()) {
      throw source.unsupported(
          source.key("rope.dimension_count"),
          String.valueOf(dimensions),
          "the head size, " + sizes.headSize());
    }
    double base =
        RotaryRules.requireBase(
            source.config().file(),
            source.key("rope.freq_base"),
            source.number("", "rope.freq_base", defaultBase));
    float scale = (float) source.number("", "rope.scaling.attn_factor", 1);
    return rotary(
        base,
        new Factors(tensor(source, "rope_factors_short.weight", sizes), scale),
        new Factors(tensor(source, "rope_factors_long.weight", sizes), scale),
        source.size("", "rope.scaling.original_context_length"));
  }

  private static float[] tensor(Source source, String name, Dimensions sizes) {
    int pairs = sizes.headSize() / 2;
    TensorData tensor = source.tensor(name, pairs);
    float[] values = new float[pairs];
    Dequantizer.row(tensor.type(), tensor.data(), 0, values, 0, pairs);
    require(tensor.file(), name, values, pairs);
    return values;
  }

  @SuppressWarnings("ArrayRecordComponent") // It is neither compared nor printed.
  private record Factors(float[] values, float scale) {
    Rotary rotary(double base) {
      return new Rotary(RotaryFrequencies.longRope(base, values), false, scale);
    }
  }

  private static Rotary rotary(double base, Factors within, Factors beyond, int original) {
    return within.rotary(base).withExtended(beyond.rotary(base), original);
  }
}
