// SPDX-License-Identifier: Apache-2.0
package org.moe4j.device.scalar;

import org.jspecify.annotations.Nullable;
import org.moe4j.device.Batch;
import org.moe4j.device.Device;
import org.moe4j.device.RotaryAngles;
import org.moe4j.model.Attention;
import org.moe4j.model.Rotary;

/**
 * Causal attention: the keys and values of all rows are stored first, then each row attends to what
 * it may see.
 */
final class ScalarAttention implements Device.MixerWeights {

  private final Attention spec;
  private final Matrix query;
  private final Matrix key;
  private final Matrix value;
  private final Matrix output;
  private final @Nullable RootMeanSquare queryNorm;
  private final @Nullable RootMeanSquare keyNorm;

  ScalarAttention(Attention spec) {
    this.spec = spec;
    query = new Matrix(spec.query());
    key = new Matrix(spec.key());
    value = new Matrix(spec.value());
    output = new Matrix(spec.output());
    queryNorm = spec.queryNorm() == null ? null : new RootMeanSquare(spec.queryNorm());
    keyNorm = spec.keyNorm() == null ? null : new RootMeanSquare(spec.keyNorm());
  }

  void apply(int layer, Batch batch, float[][] in, float[][] out) {
    int rows = batch.rows();
    float[][] queries = project(query, rows, in);
    float[][] keys = project(key, rows, in);
    float[][] values = project(value, rows, in);
    int pairs = spec.rotary().pairs();
    float[] cosines = new float[pairs];
    float[] sines = new float[pairs];
    for (int row = 0; row < rows; row++) {
      norm(queryNorm, queries[row]);
      norm(keyNorm, keys[row]);
      clip(queries[row]);
      clip(keys[row]);
      clip(values[row]);
      RotaryAngles.compute(spec.rotary(), batch.position(row), cosines, sines, 0);
      rotate(queries[row], cosines, sines);
      rotate(keys[row], cosines, sines);
    }
    float[][] mixed = new float[rows][spec.heads() * spec.headSize()];
    int first = 0;
    for (Batch.Segment segment : batch.segments()) {
      store(layer, segment, keys, values, first);
      for (int head = 0; head < spec.kvHeads(); head++) {
        attend(layer, segment, head, queries, mixed, first);
      }
      first += segment.rows();
    }
    output.apply(rows, mixed, out);
  }

  private static float[][] project(Matrix matrix, int rows, float[][] in) {
    float[][] projected = new float[rows][matrix.outputs()];
    matrix.apply(rows, in, projected);
    return projected;
  }

  /** The norm's width decides whether it is applied to each head or to the whole row. */
  private static void norm(@Nullable RootMeanSquare norm, float[] row) {
    if (norm != null) {
      for (int i = 0; i < row.length; i += norm.width()) {
        norm.apply(row, i, row, i);
      }
    }
  }

  private void clip(float[] row) {
    if (spec.clip() > 0) {
      for (int i = 0; i < row.length; i++) {
        row[i] = Math.clamp(row[i], -spec.clip(), spec.clip());
      }
    }
  }

  private void rotate(float[] row, float[] cosines, float[] sines) {
    Rotary rotary = spec.rotary();
    int pairs = rotary.pairs();
    for (int head = 0; head < row.length; head += spec.headSize()) {
      for (int pair = 0; pair < pairs; pair++) {
        int at0 = head + (rotary.interleaved() ? 2 * pair : pair);
        int at1 = rotary.interleaved() ? at0 + 1 : at0 + pairs;
        float x0 = row[at0];
        float x1 = row[at1];
        row[at0] = x0 * cosines[pair] - x1 * sines[pair];
        row[at1] = x1 * cosines[pair] + x0 * sines[pair];
      }
    }
  }

  private void store(
      int layer, Batch.Segment segment, float[][] keys, float[][] values, int first) {
    int size = spec.headSize();
    for (int i = 0; i < segment.rows(); i++) {
      PageMemory page = page(segment, segment.start() + i);
      int position = (segment.start() + i) % page.positions();
      for (int head = 0; head < spec.kvHeads(); head++) {
        page.write(page.keyOffset(layer, head, position), keys[first + i], head * size, size);
        page.write(page.valueOffset(layer, head, position), values[first + i], head * size, size);
      }
    }
  }

  /** The query heads of one key-value head, over all rows of a segment. */
  private void attend(
      int layer, Batch.Segment segment, int kvHead, float[][] queries, float[][] mixed, int first) {
    int from = firstVisible(segment.start());
    int to = segment.start() + segment.rows();
    double[][] keys = new double[to - from][spec.headSize()];
    double[][] values = new double[to - from][spec.headSize()];
    float[] stored = new float[spec.headSize()];
    for (int i = from; i < to; i++) {
      PageMemory page = page(segment, i);
      int position = i % page.positions();
      page.read(page.keyOffset(layer, kvHead, position), stored, spec.headSize());
      Matrix.widen(stored, keys[i - from]);
      page.read(page.valueOffset(layer, kvHead, position), stored, spec.headSize());
      Matrix.widen(stored, values[i - from]);
    }
    int group = spec.heads() / spec.kvHeads();
    for (int row = 0; row < segment.rows(); row++) {
      int position = segment.start() + row;
      int low = firstVisible(position) - from;
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
    int size = spec.headSize();
    double[] q = new double[size];
    for (int i = 0; i < size; i++) {
      q[i] = queries[head * size + i];
    }
    double[] scores = new double[high - low];
    double highest = Double.NEGATIVE_INFINITY;
    for (int i = low; i < high; i++) {
      scores[i - low] = Matrix.dot(q, keys[i], size) * spec.scale();
      highest = Math.max(highest, scores[i - low]);
    }
    double total = 0;
    double[] sums = new double[size];
    for (int i = low; i < high; i++) {
      double weight = StrictMath.exp(scores[i - low] - highest);
      total += weight;
      for (int j = 0; j < size; j++) {
        sums[j] += weight * values[i][j];
      }
    }
    for (int j = 0; j < size; j++) {
      mixed[head * size + j] = (float) (sums[j] / total);
    }
  }

  private int firstVisible(int position) {
    return spec.window() == 0 ? 0 : Math.max(0, position - spec.window() + 1);
  }

  private static PageMemory page(Batch.Segment segment, int position) {
    // All pages of a sequence have the same layout, so the first tells how many positions one
    // holds.
    int positions = ((PageMemory) segment.sequence().page(0)).positions();
    return (PageMemory) segment.sequence().page(position / positions);
  }
}
