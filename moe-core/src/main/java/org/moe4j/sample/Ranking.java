// SPDX-License-Identifier: Apache-2.0
package org.moe4j.sample;

import java.util.Arrays;

/**
 * The tokens in falling order of their logits, ties in the order of ids, sorted only as far as
 * somebody looks.
 *
 * <p>A vocabulary has 10^5 tokens and a draw looks at a few dozen, so a full sort would cost more
 * than a small model's step. Instead the values within a band below the highest are collected and
 * sorted, then those of the next band.
 */
final class Ranking {

  /** How far below the highest logit each band reaches; the last takes the rest. */
  private static final float[] BANDS = {3, 8, 16, Float.POSITIVE_INFINITY};

  private long[] sorted = {};
  private float[] logits = {};
  private float highest;
  private int ranked;
  private int band;

  /**
   * Starts over with other logits, none of them NaN; they must not change while the ranking is
   * read.
   */
  void reset(float[] values) {
    logits = values;
    if (sorted.length < values.length) {
      sorted = new long[values.length];
    }
    highest = Float.NEGATIVE_INFINITY;
    for (float value : values) {
      highest = Math.max(highest, value);
    }
    ranked = 0;
    band = 0;
  }

  /** The token of the highest logit, the first of several; logits are not NaN. */
  static int first(float[] logits) {
    int first = 0;
    for (int token = 1; token < logits.length; token++) {
      if (logits[token] > logits[first]) {
        first = token;
      }
    }
    return first;
  }

  /** The highest logit. */
  float highest() {
    return highest;
  }

  /** The token at a rank, {@code 0 <= rank < vocabulary}. */
  int token(int rank) {
    while (rank >= ranked) {
      rankNextBand();
    }
    return (int) sorted[rank];
  }

  private void rankNextBand() {
    float above = band == 0 ? Float.POSITIVE_INFINITY : highest - BANDS[band - 1];
    float from = band == BANDS.length - 1 ? Float.NEGATIVE_INFINITY : highest - BANDS[band];
    int end = ranked;
    for (int token = 0; token < logits.length; token++) {
      float value = logits[token];
      boolean below = band == 0 || value < above;
      if (below && value >= from) {
        sorted[end++] = key(value) << 32 | token;
      }
    }
    Arrays.sort(sorted, ranked, end);
    ranked = end;
    band++;
  }

  /** An integer that falls as the value rises; -0 and 0 are equal. */
  private static long key(float value) {
    int bits = Float.floatToIntBits(value + 0f);
    int rising = bits ^ (bits >> 31 & Integer.MAX_VALUE);
    return ~rising;
  }
}
