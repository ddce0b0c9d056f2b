// SPDX-License-Identifier: Apache-2.0
package org.moe4j.family;

import java.util.Map;
import java.util.Set;
import org.moe4j.MixtureException;
import org.moe4j.format.Config;
import org.moe4j.model.Rotary;

/**
 * Rotary settings of a {@code config.json}: {@code rope_parameters}, or before transformers v5
 * {@code rope_theta} and {@code rope_scaling}.
 */
final class ConfigRotary {

  private static final Set<String> KNOWN =
      Set.of(
          "rope_type",
          "type",
          "rope_theta",
          "partial_rotary_factor",
          "factor",
          "original_max_position_embeddings",
          "low_freq_factor",
          "high_freq_factor",
          "attention_factor",
          "beta_fast",
          "beta_slow",
          "mscale",
          "mscale_all_dim",
          "truncate",
          "finetuned");

  /** In a text the sections of a pair's three positions turn by the same one. */
  private static final Set<String> SECTIONS = Set.of("mrope_section", "mrope_interleaved");

  private ConfigRotary() {}

  static Rotary read(
      Source source, Dimensions sizes, double defaultBase, boolean interleaved, boolean partial) {
    return read(source, sizes, defaultBase, interleaved, partial, 1);
  }

  static Rotary read(
      Source source,
      Dimensions sizes,
      double defaultBase,
      boolean interleaved,
      boolean partial,
      double defaultShare) {
    Config all = source.config();
    Config own = section(all);
    for (String key : own.keys()) {
      boolean section = SECTIONS.contains(key) && source.family().startsWith("qwen3_5");
      if (own.has(key) && !KNOWN.contains(key) && !section) {
        throw new MixtureException.Unsupported(
            all.file() + ": rope_parameters." + key,
            "this setting",
            String.join(", ", KNOWN.stream().sorted().toList()));
      }
    }
    double share =
        own.number("partial_rotary_factor", all.number("partial_rotary_factor", defaultShare));
    if (share != 1 && !partial) {
      throw source.unsupported("partial_rotary_factor", String.valueOf(share), "1");
    }
    int dimensions = dimensions(source, sizes.headSize(), share);
    double base =
        RotaryRules.requireBase(
            all.file(),
            "rope_theta",
            own.number("rope_theta", all.number("rope_theta", defaultBase)));
    float[] plain = RotaryFrequencies.plain(base, dimensions);
    // A key outside the section goes first: some families keep it there.
    double original =
        all.number(
            "original_max_position_embeddings",
            own.number("original_max_position_embeddings", sizes.context()));
    String type = type(own);
    return switch (type) {
      case "default" -> new Rotary(plain, interleaved, 1);
      case "linear" -> new Rotary(RotaryFrequencies.linear(plain, factor(own)), interleaved, 1);
      case "llama3" -> new Rotary(llama3(own, plain, original), interleaved, 1);
      case "yarn" -> {
        Yarn yarn = yarn(own, original);
        yield new Rotary(yarn.frequencies(plain, base), interleaved, yarn.attentionFactor());
      }
      default ->
          throw source.unsupported(
              "rope_type", "\"" + type + "\"", "default, linear, llama3, yarn");
    };
  }

  /** The kind of rotation. */
  static String type(Config section) {
    return section.text("rope_type", section.text("type", "default"));
  }

  /** The settings of the rotation; empty if there are none. */
  static Config section(Config all) {
    for (String key : new String[] {"rope_scaling", "rope_parameters"}) {
      if (all.has(key) && !all.section(key).keys().isEmpty()) {
        return all.section(key);
      }
    }
    return Config.of(all.file(), Map.of());
  }

  /** The part of a head that is rotated, which the reference rounds down. */
  private static int dimensions(Source source, int headSize, double share) {
    int dimensions = (int) (headSize * share);
    if (share > 1 || dimensions < 2 || dimensions % 2 != 0) {
      throw source.badSetting(
          "partial_rotary_factor",
          "",
          "expected an even share of the head size %d, found %s".formatted(headSize, share));
    }
    return dimensions;
  }

  private static double factor(Config own) {
    return requirePositive(own, "factor", own.number("factor"));
  }

  private static double requirePositive(Config own, String key, double value) {
    if (value <= 0) {
      throw new MixtureException.BadFile(
          own.file(), key, "expected a number greater than 0, found " + value, null);
    }
    return value;
  }

  private static float[] llama3(Config own, float[] plain, double original) {
    double low = requirePositive(own, "low_freq_factor", own.number("low_freq_factor"));
    double high = own.number("high_freq_factor");
    if (high <= low) {
      throw new MixtureException.BadFile(
          own.file(),
          "high_freq_factor",
          "expected more than low_freq_factor, %s, found %s".formatted(low, high),
          null);
    }
    return RotaryFrequencies.llama3(plain, factor(own), low, high, original);
  }

  private static Yarn yarn(Config own, double original) {
    double factor = factor(own);
    double attention = Yarn.mscale(factor, 1);
    double scale = own.number("mscale", 0);
    double allDimensions = own.number("mscale_all_dim", 0);
    if (own.has("attention_factor")) {
      attention = own.number("attention_factor");
    } else if (scale != 0 && allDimensions != 0) {
      attention = Yarn.mscale(factor, scale) / Yarn.mscale(factor, allDimensions);
    }
    return new Yarn(
        factor,
        requirePositive(own, "original_max_position_embeddings", original),
        positiveOr(own, "beta_fast", 32),
        positiveOr(own, "beta_slow", 1),
        own.flag("truncate", true),
        (float) attention);
  }

  /** Zero means the default, as in the reference. */
  private static double positiveOr(Config own, String key, double fallback) {
    double value = own.number(key, 0);
    return value == 0 ? fallback : requirePositive(own, key, value);
  }
}
