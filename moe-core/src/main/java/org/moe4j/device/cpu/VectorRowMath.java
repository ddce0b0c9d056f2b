// SPDX-License-Identifier: Apache-2.0
package org.moe4j.device.cpu;

import static jdk.incubator.vector.VectorOperators.F2I;
import static jdk.incubator.vector.VectorOperators.GT;
import static jdk.incubator.vector.VectorOperators.LSHL;
import static jdk.incubator.vector.VectorOperators.MAX;
import static org.moe4j.device.cpu.Exponential.C2;
import static org.moe4j.device.cpu.Exponential.C3;
import static org.moe4j.device.cpu.Exponential.C4;
import static org.moe4j.device.cpu.Exponential.C5;
import static org.moe4j.device.cpu.Exponential.C6;
import static org.moe4j.device.cpu.Exponential.C7;
import static org.moe4j.device.cpu.Exponential.HIGHEST;
import static org.moe4j.device.cpu.Exponential.LN2_HIGH;
import static org.moe4j.device.cpu.Exponential.LN2_LOW;
import static org.moe4j.device.cpu.Exponential.LOG2_E;
import static org.moe4j.device.cpu.Exponential.LOWEST;
import static org.moe4j.device.cpu.Exponential.ROUND;
import static org.moe4j.device.cpu.Lanes.COUNT;
import static org.moe4j.device.cpu.Lanes.F;
import static org.moe4j.device.cpu.Lanes.I;
import static org.moe4j.device.cpu.ScalarRowMath.GELU_CUBE;
import static org.moe4j.device.cpu.ScalarRowMath.GELU_SCALE;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;

/**
 * {@link RowMath}; what is left of a row after whole vectors goes the scalar way, which gives the
 * same bits.
 */
final class VectorRowMath implements RowMath {

  private final ScalarRowMath rest = new ScalarRowMath();

  private static int whole(int count) {
    return count & -COUNT;
  }

  @Override
  public float squares(float[] x, int at, int count, float[] lanes) {
    int blocks = count & -LANES;
    for (int lane = 0; lane < LANES; lane += COUNT) {
      FloatVector sum = FloatVector.zero(F);
      for (int i = lane; i < blocks; i += LANES) {
        FloatVector v = FloatVector.fromArray(F, x, at + i);
        sum = v.fma(v, sum);
      }
      sum.intoArray(lanes, lane);
    }
    for (int i = blocks; i < count; i++) {
      lanes[i - blocks] = Math.fma(x[at + i], x[at + i], lanes[i - blocks]);
    }
    return ScalarRowMath.sum(lanes);
  }

  @Override
  public void scaleEach(
      float[] x, int at, int count, float factor, float[] weight, float[] y, int to) {
    int end = whole(count);
    for (int i = 0; i < end; i += COUNT) {
      FloatVector.fromArray(F, x, at + i)
          .mul(factor)
          .mul(FloatVector.fromArray(F, weight, i))
          .intoArray(y, to + i);
    }
    for (int i = end; i < count; i++) {
      y[to + i] = x[at + i] * factor * weight[i];
    }
  }

  @Override
  public void scale(float factor, float[] y, int to, int count) {
    int end = whole(count);
    for (int i = 0; i < end; i += COUNT) {
      FloatVector.fromArray(F, y, to + i).mul(factor).intoArray(y, to + i);
    }
    rest.scale(factor, y, to + end, count - end);
  }

  @Override
  public void add(float[] x, int at, float[] y, int to, int count) {
    int end = whole(count);
    for (int i = 0; i < end; i += COUNT) {
      FloatVector.fromArray(F, y, to + i)
          .add(FloatVector.fromArray(F, x, at + i))
          .intoArray(y, to + i);
    }
    rest.add(x, at + end, y, to + end, count - end);
  }

  @Override
  public void multiply(float[] x, int at, float[] y, int to, int count) {
    int end = whole(count);
    for (int i = 0; i < end; i += COUNT) {
      FloatVector.fromArray(F, y, to + i)
          .mul(FloatVector.fromArray(F, x, at + i))
          .intoArray(y, to + i);
    }
    rest.multiply(x, at + end, y, to + end, count - end);
  }

  @Override
  public void addProducts(float[] x, int at, float[] weight, float[] y, int to, int count) {
    int end = whole(count);
    for (int i = 0; i < end; i += COUNT) {
      FloatVector.fromArray(F, x, at + i)
          .fma(FloatVector.fromArray(F, weight, i), FloatVector.fromArray(F, y, to + i))
          .intoArray(y, to + i);
    }
    for (int i = end; i < count; i++) {
      y[to + i] = Math.fma(x[at + i], weight[i], y[to + i]);
    }
  }

  @Override
  public void addScaled(float factor, float[] x, int at, float[] y, int to, int count) {
    int end = whole(count);
    FloatVector f = FloatVector.broadcast(F, factor);
    for (int i = 0; i < end; i += COUNT) {
      FloatVector.fromArray(F, x, at + i)
          .fma(f, FloatVector.fromArray(F, y, to + i))
          .intoArray(y, to + i);
    }
    rest.addScaled(factor, x, at + end, y, to + end, count - end);
  }

  @Override
  public void silu(float[] x, int at, int count) {
    int end = whole(count);
    for (int i = at; i < at + end; i += COUNT) {
      FloatVector v = FloatVector.fromArray(F, x, i);
      v.div(exp(v.neg()).add(1)).intoArray(x, i);
    }
    rest.silu(x, at + end, count - end);
  }

  @Override
  public void gate(float[] gate, float[] up, int at, int count) {
    int end = whole(count);
    for (int i = at; i < at + end; i += COUNT) {
      FloatVector g = FloatVector.fromArray(F, gate, i);
      g.div(exp(g.neg()).add(1)).mul(FloatVector.fromArray(F, up, i)).intoArray(gate, i);
    }
    rest.gate(gate, up, at + end, count - end);
  }

  @Override
  public void gateGelu(float[] gate, float[] up, int at, int count) {
    int end = whole(count);
    for (int i = at; i < at + end; i += COUNT) {
      FloatVector g = FloatVector.fromArray(F, gate, i);
      FloatVector inner = g.mul(g).mul(g).fma(broadcast(GELU_CUBE), g).mul(GELU_SCALE);
      g.div(exp(inner.neg()).add(1)).mul(FloatVector.fromArray(F, up, i)).intoArray(gate, i);
    }
    rest.gateGelu(gate, up, at + end, count - end);
  }

  @Override
  public void gateClamped(float[] gate, float[] up, int at, int count, float alpha, float limit) {
    int end = whole(count);
    for (int i = at; i < at + end; i += COUNT) {
      FloatVector g = FloatVector.fromArray(F, gate, i).min(limit);
      FloatVector u = FloatVector.fromArray(F, up, i).min(limit).max(-limit);
      g.div(exp(g.mul(alpha).neg()).add(1)).mul(u.add(1)).intoArray(gate, i);
    }
    rest.gateClamped(gate, up, at + end, count - end, alpha, limit);
  }

  @Override
  public void scaleBySigmoid(float[] x, int at, float[] y, int to, int count) {
    int end = whole(count);
    for (int i = 0; i < end; i += COUNT) {
      FloatVector e = exp(FloatVector.fromArray(F, x, at + i).neg());
      FloatVector.fromArray(F, y, to + i).div(e.add(1)).intoArray(y, to + i);
    }
    rest.scaleBySigmoid(x, at + end, y, to + end, count - end);
  }

  @Override
  public void cap(float cap, float[] y, int to, int count) {
    int end = whole(count);
    for (int i = to; i < to + end; i += COUNT) {
      FloatVector e = exp(FloatVector.fromArray(F, y, i).div(cap).mul(2));
      broadcast(1).sub(broadcast(2).div(e.add(1))).mul(cap).intoArray(y, i);
    }
    rest.cap(cap, y, to + end, count - end);
  }

  @Override
  public float sum(float[] x, int at, int count, float[] lanes) {
    int blocks = count & -LANES;
    for (int lane = 0; lane < LANES; lane += COUNT) {
      FloatVector sum = FloatVector.zero(F);
      for (int i = lane; i < blocks; i += LANES) {
        sum = sum.add(FloatVector.fromArray(F, x, at + i));
      }
      sum.intoArray(lanes, lane);
    }
    for (int i = blocks; i < count; i++) {
      lanes[i - blocks] += x[at + i];
    }
    return ScalarRowMath.sum(lanes);
  }

  @Override
  public void subtract(float[] x, int at, int count, float center, float[] y, int to) {
    int end = whole(count);
    for (int i = 0; i < end; i += COUNT) {
      FloatVector.fromArray(F, x, at + i).sub(center).intoArray(y, to + i);
    }
    rest.subtract(x, at + end, count - end, center, y, to + end);
  }

  @Override
  public float largest(float[] x, int at, int count) {
    // Four at a time, because each waits for the one before.
    int fours = count & -(4 * COUNT);
    int end = whole(count);
    FloatVector a = FloatVector.broadcast(F, Float.NEGATIVE_INFINITY);
    FloatVector b = a;
    FloatVector c = a;
    FloatVector d = a;
    for (int i = at; i < at + fours; i += 4 * COUNT) {
      a = a.max(FloatVector.fromArray(F, x, i));
      b = b.max(FloatVector.fromArray(F, x, i + COUNT));
      c = c.max(FloatVector.fromArray(F, x, i + 2 * COUNT));
      d = d.max(FloatVector.fromArray(F, x, i + 3 * COUNT));
    }
    for (int i = at + fours; i < at + end; i += COUNT) {
      a = a.max(FloatVector.fromArray(F, x, i));
    }
    float most = a.max(b).max(c.max(d)).reduceLanes(MAX);
    return Math.max(most, rest.largest(x, at + end, count - end));
  }

  @Override
  public float exponentials(float[] x, int at, int count, float shift, float[] lanes) {
    int blocks = count & -LANES;
    for (int lane = 0; lane < LANES; lane += COUNT) {
      FloatVector sum = FloatVector.zero(F);
      for (int i = at + lane; i < at + blocks; i += LANES) {
        FloatVector e = exp(FloatVector.fromArray(F, x, i).sub(shift));
        e.intoArray(x, i);
        sum = sum.add(e);
      }
      sum.intoArray(lanes, lane);
    }
    for (int i = blocks; i < count; i++) {
      x[at + i] = Exponential.of(x[at + i] - shift);
      lanes[i - blocks] += x[at + i];
    }
    return ScalarRowMath.sum(lanes);
  }

  /** {@link Exponential#of} in every lane. */
  private static FloatVector exp(FloatVector x) {
    // Two instructions each, and NaN stays; max and min take five.
    FloatVector limited = x.blend(LOWEST, x.lt(LOWEST));
    limited = limited.blend(HIGHEST, limited.compare(GT, HIGHEST));
    FloatVector n = limited.mul(LOG2_E).add(ROUND).sub(ROUND);
    FloatVector r = n.fma(broadcast(-LN2_LOW), n.fma(broadcast(-LN2_HIGH), limited));
    FloatVector p = broadcast(C7).fma(r, broadcast(C6));
    p = p.fma(r, broadcast(C5));
    p = p.fma(r, broadcast(C4));
    p = p.fma(r, broadcast(C3));
    p = p.fma(r, broadcast(C2));
    p = p.fma(r, broadcast(1));
    p = p.fma(r, broadcast(1));
    IntVector exponent = (IntVector) n.convertShape(F2I, I, 0);
    return p.reinterpretAsInts().add(exponent.lanewise(LSHL, 23)).reinterpretAsFloats();
  }

  private static FloatVector broadcast(float value) {
    return FloatVector.broadcast(F, value);
  }
}
