// SPDX-License-Identifier: Apache-2.0
package org.moe4j.device.cpu;

/** {@link Recurrence} in plain loops. */
final class ScalarRecurrence implements Recurrence {

  @Override
  public void stateSpace(
      float decay,
      float step,
      float[] row,
      int x,
      int b,
      int c,
      int size,
      float[] state,
      int at,
      int columns,
      float[] y,
      int to) {
    stateSpace(0, decay, step, row, x, b, c, size, state, at, columns, y, to);
  }

  /** The columns from {@code first} on. */
  static void stateSpace(
      int first,
      float decay,
      float step,
      float[] row,
      int x,
      int b,
      int c,
      int size,
      float[] state,
      int at,
      int columns,
      float[] y,
      int to) {
    for (int j = first; j < columns; j++) {
      float input = row[x + j] * step;
      float sum = 0;
      for (int n = 0; n < size; n++) {
        float s = Math.fma(input, row[b + n], state[at + n * columns + j] * decay);
        state[at + n * columns + j] = s;
        sum = Math.fma(s, row[c + n], sum);
      }
      y[to + j] = sum;
    }
  }

  @Override
  public void deltaRule(
      float decay,
      float beta,
      float[] row,
      int q,
      int k,
      int v,
      int size,
      float[] state,
      int at,
      int columns,
      float[] y,
      int to) {
    deltaRule(0, decay, beta, row, q, k, v, size, state, at, columns, y, to);
  }

  /** The columns from {@code first} on. */
  static void deltaRule(
      int first,
      float decay,
      float beta,
      float[] row,
      int q,
      int k,
      int v,
      int size,
      float[] state,
      int at,
      int columns,
      float[] y,
      int to) {
    for (int j = first; j < columns; j++) {
      float memory = 0;
      for (int n = 0; n < size; n++) {
        memory = Math.fma(state[at + n * columns + j] * decay, row[k + n], memory);
      }
      float error = (row[v + j] - memory) * beta;
      float sum = 0;
      for (int n = 0; n < size; n++) {
        float s = Math.fma(error, row[k + n], state[at + n * columns + j] * decay);
        state[at + n * columns + j] = s;
        sum = Math.fma(s, row[q + n], sum);
      }
      y[to + j] = sum;
    }
  }
}
