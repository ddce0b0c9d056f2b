// SPDX-License-Identifier: Apache-2.0
package org.moe4j.device.scalar;

import org.jspecify.annotations.Nullable;
import org.moe4j.device.Batch;
import org.moe4j.model.Reach;

/**
 * Attention over keys and values in pages: those of all rows are stored first, then each row
 * attends to what is within its reach.
 *
 * @param heads query heads
 * @param kvHeads key-value heads
 * @param keySize width of a query or key head
 * @param valueSize width of a value head
 * @param scale factor of the dot products
 * @param reach what a position sees
 * @param sinks a logit a query head that takes part in the softmax without a value, or null
 */
@SuppressWarnings("ArrayRecordComponent") // Neither compared nor printed.
record PagedAttention(
    int heads,
    int kvHeads,
    int keySize,
    int valueSize,
    float scale,
    Reach reach,
    float @Nullable [] sinks) {

  /**
   * Stores keys and values and attends.
   *
   * @param layer index of the layer
   * @param batch gives positions and pages
   * @param queries {@code heads x keySize} values a row
   * @param keys {@code kvHeads x keySize} values a row
   * @param values {@code kvHeads x valueSize} values a row
   * @return {@code heads x valueSize} values a row
   */
  float[][] apply(int layer, Batch batch, float[][] queries, float[][] keys, float[][] values) {
    float[][] mixed = new float[batch.rows()][heads * valueSize];
    int first = 0;
    for (Batch.Segment segment : batch.segments()) {
      store(layer, segment, keys, values, first);
      for (int head = 0; head < kvHeads; head++) {
        attend(layer, segment, head, queries, mixed, first);
      }
      first += segment.rows();
    }
    return mixed;
  }

  private void store(
      int layer, Batch.Segment segment, float[][] keys, float[][] values, int first) {
    for (int i = 0; i < segment.rows(); i++) {
      PageMemory page = page(segment, segment.start() + i);
      int position = (segment.start() + i) % page.positions();
      for (int head = 0; head < kvHeads; head++) {
        page.write(page.keyOffset(layer, head, position), keys[first + i], head * keySize, keySize);
        page.write(
            page.valueOffset(layer, head, position),
            values[first + i],
            head * valueSize,
            valueSize);
      }
    }
  }

  /** The query heads of one key-value head, over all rows of a segment. */
  private void attend(
      int layer, Batch.Segment segment, int kvHead, float[][] queries, float[][] mixed, int first) {
    int from = reach.first(segment.start());
    int to = segment.start() + segment.rows();
    double[][] keys = new double[to - from][keySize];
    double[][] values = new double[to - from][valueSize];
    float[] stored = new float[Math.max(keySize, valueSize)];
    for (int i = from; i < to; i++) {
      PageMemory page = page(segment, i);
      int position = i % page.positions();
      page.read(page.keyOffset(layer, kvHead, position), stored, keySize);
      Matrix.widen(stored, keys[i - from]);
      page.read(page.valueOffset(layer, kvHead, position), stored, valueSize);
      Matrix.widen(stored, values[i - from]);
    }
    int group = heads / kvHeads;
    for (int row = 0; row < segment.rows(); row++) {
      int position = segment.start() + row;
      int low = reach.first(position) - from;
      int high = position + 1 - from;
      for (int head = kvHead * group; head < (kvHead + 1) * group; head++) {
        attend(queries[first + row], mixed[first + row], head, keys, values, low, high);
      }
    }
  }

  /** Two passes: the highest score first, then the sums, all in double precision. */
  private void attend(
      float[] queries,
      float[] mixed,
      int head,
      double[][] keys,
      double[][] values,
      int low,
      int high) {
    double[] q = new double[keySize];
    for (int i = 0; i < keySize; i++) {
      q[i] = queries[head * keySize + i];
    }
    double[] scores = new double[high - low];
    double highest = sinks == null ? Double.NEGATIVE_INFINITY : sinks[head];
    for (int i = low; i < high; i++) {
      scores[i - low] = Matrix.dot(q, keys[i], keySize) * scale;
      highest = Math.max(highest, scores[i - low]);
    }
    double total = sinks == null ? 0 : StrictMath.exp(sinks[head] - highest);
    double[] sums = new double[valueSize];
    for (int i = low; i < high; i++) {
      double weight = StrictMath.exp(scores[i - low] - highest);
      total += weight;
      for (int j = 0; j < valueSize; j++) {
        sums[j] += weight * values[i][j];
      }
    }
    for (int j = 0; j < valueSize; j++) {
      mixed[head * valueSize + j] = (float) (sums[j] / total);
    }
  }

  private static PageMemory page(Batch.Segment segment, int position) {
    // All pages of a sequence have the same layout, so the first tells how many positions one
    // holds.
    int positions = ((PageMemory) segment.sequence().page(0)).positions();
    return (PageMemory) segment.sequence().page(position / positions);
  }
}
