// SPDX-License-Identifier: Apache-2.0
package org.moe4j.device.scalar;

import java.util.List;
import org.jspecify.annotations.Nullable;
import org.moe4j.device.Batch;
import org.moe4j.model.LatentAttention;
import org.moe4j.model.Linear;
import org.moe4j.model.Reach;

/** Latent attention: {@link PagedAttention} in the latent space, between the heads' own maps. */
final class ScalarLatentAttention implements ScalarMixer {

  private final LatentAttention spec;
  private final @Nullable Matrix queryDown;
  private final @Nullable RowNorm queryNorm;
  private final Matrix query;
  private final Matrix latent;
  private final RowNorm latentNorm;
  private final List<Matrix> keyUp;
  private final List<Matrix> valueUp;
  private final Matrix output;
  private final PagedAttention attention;

  ScalarLatentAttention(LatentAttention spec) {
    this.spec = spec;
    LatentAttention.Maps maps = spec.maps();
    queryDown = maps.queryDown() == null ? null : new Matrix(maps.queryDown());
    queryNorm = RowNorm.of(spec.queryNorm());
    query = new Matrix(maps.query());
    latent = new Matrix(maps.latent());
    latentNorm = new RowNorm(spec.latentNorm());
    keyUp = matrices(maps.keyUp());
    valueUp = matrices(maps.valueUp());
    output = new Matrix(maps.output());
    attention =
        new PagedAttention(
            spec.heads(), 1, spec.keySize(), spec.latentSize(), spec.scale(), Reach.ALL, null);
  }

  private static List<Matrix> matrices(List<Linear> maps) {
    return maps.stream().map(Matrix::new).toList();
  }

  @Override
  public void apply(int layer, Batch batch, float[][] in, float[][] out) {
    int rows = batch.rows();
    int latentSize = spec.latentSize();
    float[][] queries = absorb(rows, query.apply(rows, compressed(rows, in)));
    float[][] keys = latent.apply(rows, in);
    float[][] values = new float[rows][latentSize];
    for (int row = 0; row < rows; row++) {
      latentNorm.apply(keys[row], 0, keys[row], 0);
      System.arraycopy(keys[row], 0, values[row], 0, latentSize);
      rotate(keys[row], batch.position(row));
      rotate(queries[row], batch.position(row));
    }
    float[][] mixed = attention.apply(layer, batch, queries, keys, values);
    float[][] joined = new float[rows][spec.heads() * spec.valueSize()];
    for (int head = 0; head < spec.heads(); head++) {
      float[][] part = part(mixed, rows, head * latentSize, latentSize);
      put(valueUp.get(head).apply(rows, part), joined, head * spec.valueSize());
    }
    output.apply(rows, joined, out);
  }

  /** What the query map reads. */
  private float[][] compressed(int rows, float[][] in) {
    if (queryDown == null) {
      return in;
    }
    float[][] down = queryDown.apply(rows, in);
    for (float[] row : down) {
      RowNorm.apply(queryNorm, row);
    }
    return down;
  }

  /** The plain part of each query head in the latent space, and its other part as it is. */
  private float[][] absorb(int rows, float[][] queries) {
    float[][] absorbed = new float[rows][spec.heads() * spec.keySize()];
    for (int head = 0; head < spec.heads(); head++) {
      int from = head * spec.querySize();
      int to = head * spec.keySize();
      float[][] plain = part(queries, rows, from, spec.plainSize());
      put(keyUp.get(head).apply(rows, plain), absorbed, to);
      float[][] rotary = part(queries, rows, from + spec.plainSize(), spec.rotarySize());
      put(rotary, absorbed, to + spec.latentSize());
    }
    return absorbed;
  }

  /** Rotates what follows the latent in each key-sized piece of a row. */
  private void rotate(float[] row, int position) {
    int size = spec.rotarySize();
    float[] piece = new float[size];
    for (int at = spec.latentSize(); at < row.length; at += spec.keySize()) {
      System.arraycopy(row, at, piece, 0, size);
      ScalarAttention.rotate(spec.rotary(), piece, size, position);
      System.arraycopy(piece, 0, row, at, size);
    }
  }

  private static float[][] part(float[][] from, int rows, int at, int width) {
    float[][] part = new float[rows][width];
    for (int row = 0; row < rows; row++) {
      System.arraycopy(from[row], at, part[row], 0, width);
    }
    return part;
  }

  private static void put(float[][] part, float[][] into, int at) {
    for (int row = 0; row < part.length; row++) {
      System.arraycopy(part[row], 0, into[row], at, part[row].length);
    }
  }
}
