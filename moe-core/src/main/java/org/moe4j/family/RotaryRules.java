// SPDX-License-Identifier: Apache-2.0
package org.moe4j.family;

import org.moe4j.MixtureException;
import org.moe4j.model.Rotary;

/**
 * The rotation that a model's settings ask for: plain, linear, llama3 or YaRN; any other is refused
 * by its name.
 */
final class RotaryRules {

  /** Base of a file that does not tell. */
  static final double DEFAULT_BASE = 10_000;

  private RotaryRules() {}

  /** Half-split pairs, as in all safetensors. */
  static Rotary halfSplit(Source source, Dimensions sizes) {
    return halfSplit(source, sizes, DEFAULT_BASE);
  }

  /**
   * Half-split pairs.
   *
   * @param source the file
   * @param sizes the model's sizes
   * @param base base of a file that does not tell
   */
  static Rotary halfSplit(Source source, Dimensions sizes, double base) {
    return of(source, sizes, base, false, false);
  }

  /**
   * Half-split pairs in safetensors, neighbours in GGUF files, whose query and key rows are
   * permuted.
   *
   * @param source the file
   * @param sizes the model's sizes
   * @param configBase base of a {@code config.json} that does not tell
   */
  static Rotary permutedInGguf(Source source, Dimensions sizes, double configBase) {
    return of(source, sizes, source.gguf() ? DEFAULT_BASE : configBase, source.gguf(), false);
  }

  /** Neighbours as pairs, in all files. */
  static Rotary interleaved(Source source, Dimensions sizes, double base) {
    return of(source, sizes, base, true, false);
  }

  /**
   * The rotation of a family whose settings may leave a part of each head as it is.
   *
   * @param source the file
   * @param sizes the model's sizes
   * @param base base of a file that does not tell
   * @param interleaved whether pairs are neighbours
   */
  static Rotary partial(Source source, Dimensions sizes, double base, boolean interleaved) {
    return of(source, sizes, base, interleaved, true);
  }

  /**
   * Half-split pairs of a part of each head.
   *
   * @param source the file
   * @param sizes the model's sizes
   * @param base base of a file that does not tell
   * @param share rotated part of a head where a config does not tell
   */
  static Rotary partialHalfSplit(Source source, Dimensions sizes, double base, double share) {
    return source.gguf()
        ? GgufRotary.read(source, sizes, base, false, true)
        : ConfigRotary.read(source, sizes, base, false, true, share);
  }

  /**
   * Half-split pairs whose YaRN ramp, unlike usually, does not begin and end at whole pairs in GGUF
   * files, which do not tell; a config does.
   *
   * @param source the file
   * @param sizes the model's sizes
   * @param base base of a file that does not tell
   */
  static Rotary untruncatedInGguf(Source source, Dimensions sizes, double base) {
    return source.gguf()
        ? GgufRotary.read(source, sizes, base, false, false)
        : ConfigRotary.read(source, sizes, base, false, false);
  }

  /**
   * The rotation of a family.
   *
   * @param source the file
   * @param sizes the model's sizes
   * @param base base of a file that does not tell
   * @param interleaved whether pairs are neighbours
   * @param partial whether a part of each head may stay as it is
   */
  static Rotary of(
      Source source, Dimensions sizes, double base, boolean interleaved, boolean partial) {
    return source.gguf()
        ? GgufRotary.read(source, sizes, base, interleaved, true)
        : ConfigRotary.read(source, sizes, base, interleaved, partial);
  }

  /** The logarithm of the base divides. */
  static double requireBase(String file, String key, double base) {
    if (base <= 1) {
      throw new MixtureException.BadFile(
          file, key, "expected a number greater than 1, found " + base, null);
    }
    return base;
  }
}
