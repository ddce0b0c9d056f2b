// SPDX-License-Identifier: Apache-2.0
package org.moe4j.device.cpu;

/** How far results are from those expected. */
final class Differences {

  private Differences() {}

  /** The largest difference, as a share of the largest magnitude expected. */
  static double relative(float[] expected, float[] actual) {
    double most = 0;
    for (int i = 0; i < expected.length; i++) {
      most = Math.max(most, Math.abs(expected[i] - (double) actual[i]));
    }
    return most / largest(expected);
  }

  /** The largest magnitude. */
  static double largest(float[] values) {
    double largest = 0;
    for (float value : values) {
      largest = Math.max(largest, Math.abs(value));
    }
    return largest;
  }
}
