// SPDX-License-Identifier: Apache-2.0
package org.moe4j.device.cpu;

/**
 * The exponential function that scalar and vector code share bit for bit, within two units in the
 * last place for arguments between {@link #LOWEST} and {@link #HIGHEST}, to which all others are
 * limited. NaN stays NaN.
 *
 * <p>{@code exp(x) = 2^n exp(r)} with {@code n = round(x / ln 2)}; {@code exp(r)} is its Taylor
 * polynomial of degree 7, whose remainder for {@code |r| <= ln 2 / 2} is below half a unit in the
 * last place.
 */
final class Exponential {

  /** The result is the smallest normal float, but for rounding. */
  static final float LOWEST = -87.33f;

  /** The result is the largest power of two there is, times 1.4 or so. */
  static final float HIGHEST = 88.37f;

  static final float LOG2_E = 0x1.715476p0f;

  /** Adding and subtracting it rounds a small float to an integer, half to even. */
  static final float ROUND = 0x1.8p23f;

  /** The upper bits of ln 2: their product with an exponent is exact. */
  static final float LN2_HIGH = 0x1.63p-1f;

  static final float LN2_LOW = -0x1.bd0106p-13f;

  static final float C2 = 1f / 2;
  static final float C3 = 1f / 6;
  static final float C4 = 1f / 24;
  static final float C5 = 1f / 120;
  static final float C6 = 1f / 720;
  static final float C7 = 1f / 5040;

  private Exponential() {}

  /** {@code log(1 + exp(x))}, rounded once. */
  static float softplus(float x) {
    // Beyond 20 the difference to x is less than its last bit.
    return x > 20 ? x : (float) StrictMath.log1p(StrictMath.exp(x));
  }

  /** {@code e} to the power of {@code x}. */
  static float of(float x) {
    float limited = Math.min(Math.max(x, LOWEST), HIGHEST);
    float n = limited * LOG2_E + ROUND - ROUND;
    float r = Math.fma(n, -LN2_LOW, Math.fma(n, -LN2_HIGH, limited));
    float p = Math.fma(C7, r, C6);
    p = Math.fma(p, r, C5);
    p = Math.fma(p, r, C4);
    p = Math.fma(p, r, C3);
    p = Math.fma(p, r, C2);
    p = Math.fma(p, r, 1);
    p = Math.fma(p, r, 1);
    return Float.intBitsToFloat(Float.floatToRawIntBits(p) + ((int) n << 23));
  }
}
