// SPDX-License-Identifier: Apache-2.0
package org.moe4j.device.cpu;

import static org.moe4j.device.cpu.Lanes.COUNT;
import static org.moe4j.device.cpu.Lanes.F;

import jdk.incubator.vector.FloatVector;

/**
 * {@link Recurrence}, two vectors of columns at a time, because one sum would wait for itself; what
 * is left goes the scalar way, which gives the same bits.
 */
final class VectorRecurrence implements Recurrence {

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
    int end = columns & -(2 * COUNT);
    for (int j = 0; j < end; j += 2 * COUNT) {
      FloatVector input0 = FloatVector.fromArray(F, row, x + j).mul(step);
      FloatVector input1 = FloatVector.fromArray(F, row, x + j + COUNT).mul(step);
      FloatVector sum0 = FloatVector.zero(F);
      FloatVector sum1 = FloatVector.zero(F);
      int p = at + j;
      for (int n = 0; n < size; n++) {
        FloatVector from = FloatVector.broadcast(F, row[b + n]);
        FloatVector out = FloatVector.broadcast(F, row[c + n]);
        FloatVector s0 = input0.fma(from, FloatVector.fromArray(F, state, p).mul(decay));
        FloatVector s1 = input1.fma(from, FloatVector.fromArray(F, state, p + COUNT).mul(decay));
        s0.intoArray(state, p);
        s1.intoArray(state, p + COUNT);
        sum0 = s0.fma(out, sum0);
        sum1 = s1.fma(out, sum1);
        p += columns;
      }
      sum0.intoArray(y, to + j);
      sum1.intoArray(y, to + j + COUNT);
    }
    ScalarRecurrence.stateSpace(end, decay, step, row, x, b, c, size, state, at, columns, y, to);
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
    int end = columns & -(2 * COUNT);
    for (int j = 0; j < end; j += 2 * COUNT) {
      FloatVector memory0 = FloatVector.zero(F);
      FloatVector memory1 = FloatVector.zero(F);
      int p = at + j;
      for (int n = 0; n < size; n++) {
        FloatVector key = FloatVector.broadcast(F, row[k + n]);
        memory0 = FloatVector.fromArray(F, state, p).mul(decay).fma(key, memory0);
        memory1 = FloatVector.fromArray(F, state, p + COUNT).mul(decay).fma(key, memory1);
        p += columns;
      }
      FloatVector error0 = FloatVector.fromArray(F, row, v + j).sub(memory0).mul(beta);
      FloatVector error1 = FloatVector.fromArray(F, row, v + j + COUNT).sub(memory1).mul(beta);
      FloatVector sum0 = FloatVector.zero(F);
      FloatVector sum1 = FloatVector.zero(F);
      p = at + j;
      for (int n = 0; n < size; n++) {
        FloatVector key = FloatVector.broadcast(F, row[k + n]);
        FloatVector query = FloatVector.broadcast(F, row[q + n]);
        FloatVector s0 = error0.fma(key, FloatVector.fromArray(F, state, p).mul(decay));
        FloatVector s1 = error1.fma(key, FloatVector.fromArray(F, state, p + COUNT).mul(decay));
        s0.intoArray(state, p);
        s1.intoArray(state, p + COUNT);
        sum0 = s0.fma(query, sum0);
        sum1 = s1.fma(query, sum1);
        p += columns;
      }
      sum0.intoArray(y, to + j);
      sum1.intoArray(y, to + j + COUNT);
    }
    ScalarRecurrence.deltaRule(end, decay, beta, row, q, k, v, size, state, at, columns, y, to);
  }
}
