// SPDX-License-Identifier: Apache-2.0
package org.moe4j.family;

import java.util.Arrays;

/**
 * Radians a position for each rotary pair, rounded to single precision where the reference
 * implementation rounds.
 */
final class RotaryFrequencies {

  private RotaryFrequencies() {}

  /**
   * {@code 1 / base^(2 i / dimensions)}.
   *
   * @param base the base, greater than 1
   * @param dimensions twice the number of pairs
   */
  static float[] plain(double base, int dimensions) {
    float[] frequencies = new float[dimensions / 2];
    for (int i = 0; i < frequencies.length; i++) {
      float exponent = 2f * i / dimensions;
      frequencies[i] = 1 / (float) StrictMath.pow((float) base, exponent);
    }
    return frequencies;
  }

  /**
   * {@code 1 / (factor[i] * base^(2 i / dimensions))}.
   *
   * @see <a href="https://arxiv.org/abs/2402.13753">LongRoPE: Extending LLM Context Window Beyond 2
   *     Million Tokens</a>
   */
  static float[] longRope(double base, float[] factors) {
    float[] frequencies = new float[factors.length];
    for (int i = 0; i < frequencies.length; i++) {
      float exponent = (float) i / factors.length;
      frequencies[i] = 1 / (factors[i] * (float) StrictMath.pow((float) base, exponent));
    }
    return frequencies;
  }

  /**
   * {@code 1 / base^(2 i / dimensions)} for the first pairs, zero for the others, which stay as
   * they are.
   *
   * @param base the base, greater than 1
   * @param dimensions twice the number of pairs
   * @param rotated how many pairs are rotated
   */
  static float[] proportional(double base, int dimensions, int rotated) {
    float[] frequencies = plain(base, dimensions);
    Arrays.fill(frequencies, rotated, frequencies.length, 0);
    return frequencies;
  }

  /** All frequencies divided by one factor. */
  static float[] linear(float[] plain, double factor) {
    float[] frequencies = plain.clone();
    for (int i = 0; i < frequencies.length; i++) {
      frequencies[i] /= (float) factor;
    }
    return frequencies;
  }

  /** Each frequency divided by its own factor. */
  static float[] divided(float[] plain, float[] factors) {
    float[] frequencies = plain.clone();
    for (int i = 0; i < frequencies.length; i++) {
      frequencies[i] /= factors[i];
    }
    return frequencies;
  }

  /**
   * Llama 3.1: wavelengths up to {@code original / high} stay, those from {@code original / low} on
   * are divided by the factor, and between the two the share of the original frequency grows
   * linearly with {@code original / wavelength}.
   */
  static float[] llama3(float[] plain, double factor, double low, double high, double original) {
    float[] frequencies = plain.clone();
    for (int i = 0; i < frequencies.length; i++) {
      double wavelength = 2 * Math.PI / plain[i];
      if (wavelength > original / low) {
        frequencies[i] = (float) (plain[i] / factor);
      } else if (wavelength >= original / high) {
        double share = (original / wavelength - low) / (high - low);
        frequencies[i] = (float) ((1 - share) * plain[i] / factor + share * plain[i]);
      }
    }
    return frequencies;
  }
}
