// SPDX-License-Identifier: Apache-2.0
package org.moe4j.device.scalar;

import org.jspecify.annotations.Nullable;
import org.moe4j.device.Batch;
import org.moe4j.device.RotaryAngles;
import org.moe4j.model.Attention;
import org.moe4j.model.Rotary;

/** Causal attention with grouped key-value heads. */
final class ScalarAttention implements ScalarMixer {

  private final Attention spec;
  private final Matrix query;
  private final Matrix key;
  private final @Nullable Matrix value;
  private final Matrix output;
  private final @Nullable Matrix gate;
  private final @Nullable RowNorm queryNorm;
  private final @Nullable RowNorm keyNorm;
  private final @Nullable RowNorm valueNorm;
  private final PagedAttention attention;

  ScalarAttention(Attention spec) {
    this.spec = spec;
    Attention.Maps maps = spec.maps();
    query = new Matrix(maps.query());
    key = new Matrix(maps.key());
    value = maps.value() == null ? null : new Matrix(maps.value());
    output = new Matrix(maps.output());
    gate = maps.gate() == null ? null : new Matrix(maps.gate());
    queryNorm = RowNorm.of(spec.norms().query());
    keyNorm = RowNorm.of(spec.norms().key());
    valueNorm = RowNorm.of(spec.norms().value());
    attention =
        new PagedAttention(
            spec.heads(),
            spec.kvHeads(),
            spec.headSize(),
            spec.headSize(),
            spec.scale(),
            spec.reach(),
            spec.sinks() == null ? null : Matrix.values(spec.sinks()));
  }

  @Override
  public void apply(int layer, Batch batch, float[][] in, float[][] out) {
    int rows = batch.rows();
    float[][] queries = query.apply(rows, in);
    float[][] keys = key.apply(rows, in);
    float[][] values = value == null ? copy(keys) : value.apply(rows, in);
    for (int row = 0; row < rows; row++) {
      Rotary rotary =
          spec.rotary() == null ? null : spec.rotary().forSequence(batch.announced(row));
      prepare(queryNorm, rotary, queries[row], batch.position(row));
      prepare(keyNorm, rotary, keys[row], batch.position(row));
      RowNorm.apply(valueNorm, values[row]);
      clip(values[row]);
      if (spec.temperature() != null) {
        float factor = spec.temperature().at(batch.position(row));
        for (int i = 0; i < queries[row].length; i++) {
          queries[row][i] *= factor;
        }
      }
    }
    float[][] mixed = attention.apply(layer, batch, queries, keys, values);
    if (gate != null) {
      float[][] gates = gate.apply(rows, in);
      for (int row = 0; row < rows; row++) {
        for (int i = 0; i < mixed[row].length; i++) {
          mixed[row][i] *= Scalars.sigmoid(gates[row][i]);
        }
      }
    }
    output.apply(rows, mixed, out);
  }

  private static float[][] copy(float[][] rows) {
    float[][] copy = new float[rows.length][];
    for (int row = 0; row < rows.length; row++) {
      copy[row] = rows[row].clone();
    }
    return copy;
  }

  /** Norms, clips and rotates the queries or the keys of a row. */
  private void prepare(@Nullable RowNorm norm, @Nullable Rotary rotary, float[] row, int position) {
    boolean normLast = spec.norms().afterRotary();
    if (!normLast) {
      RowNorm.apply(norm, row);
    }
    clip(row);
    if (rotary != null) {
      rotate(rotary, row, spec.headSize(), position);
    }
    if (normLast) {
      RowNorm.apply(norm, row);
    }
  }

  private void clip(float[] row) {
    if (spec.clip() > 0) {
      for (int i = 0; i < row.length; i++) {
        row[i] = Math.clamp(row[i], -spec.clip(), spec.clip());
      }
    }
  }

  /** Rotates every head of a row; what is beyond the pairs of a head stays. */
  static void rotate(Rotary rotary, float[] row, int headSize, int position) {
    int pairs = rotary.pairs();
    float[] cosines = new float[pairs];
    float[] sines = new float[pairs];
    RotaryAngles.compute(rotary, position, cosines, sines, 0);
    for (int head = 0; head < row.length; head += headSize) {
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
}
