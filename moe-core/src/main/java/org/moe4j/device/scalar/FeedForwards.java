// SPDX-License-Identifier: Apache-2.0
package org.moe4j.device.scalar;

import java.util.ArrayList;
import java.util.List;
import org.moe4j.Expert;
import org.moe4j.MixtureException;
import org.moe4j.Routing;
import org.moe4j.device.Device;
import org.moe4j.model.Activation;
import org.moe4j.model.GatedFeedForward;
import org.moe4j.model.Mixture;
import org.moe4j.model.Mixture.Weighting;

/**
 * Feed-forwards on rows: a model's own, a caller's, and a set of either that a routing chooses
 * from.
 */
final class FeedForwards {

  private FeedForwards() {}

  /** Hidden rows to hidden rows. */
  sealed interface Body extends Device.FeedForwardWeights {
    void apply(int rows, float[][] in, float[][] out);
  }

  /** {@code down(activation(gate(x), up(x)))}. */
  record Gated(Matrix gate, Matrix up, Matrix down, Activation activation) implements Body {

    Gated(GatedFeedForward feedForward) {
      this(
          new Matrix(feedForward.gate()),
          new Matrix(feedForward.up()),
          new Matrix(feedForward.down()),
          feedForward.activation());
    }

    @Override
    public void apply(int rows, float[][] in, float[][] out) {
      float[][] gated = gate.apply(rows, in);
      float[][] raised = up.apply(rows, in);
      for (int row = 0; row < rows; row++) {
        for (int i = 0; i < gated[row].length; i++) {
          gated[row][i] = Scalars.join(activation, gated[row][i], raised[row][i]);
        }
      }
      down.apply(rows, gated, out);
    }
  }

  /** A caller's code. */
  record Custom(Expert expert, String where) implements Body {

    @Override
    public void apply(int rows, float[][] in, float[][] out) {
      int width = in[0].length;
      int size = Math.multiplyExact(rows, width);
      float[] hidden = new float[size];
      for (int row = 0; row < rows; row++) {
        System.arraycopy(in[row], 0, hidden, row * width, width);
      }
      float[] result = call(hidden, rows);
      if (result.length != size) {
        throw new MixtureException.Failed(
            "%s: expected %d rows of %d values, %d in all, but the expert returned %d"
                .formatted(where, rows, width, size, result.length),
            null);
      }
      for (int row = 0; row < rows; row++) {
        System.arraycopy(result, row * width, out[row], 0, width);
      }
    }

    @SuppressWarnings("ConstantValue") // A caller's code may return null against its contract.
    private float[] call(float[] hidden, int rows) {
      float[] result;
      try {
        result = expert.apply(hidden, rows);
      } catch (RuntimeException e) {
        throw new MixtureException.Failed(where + ": the expert threw " + e, e);
      }
      if (result == null) {
        throw new MixtureException.Failed(where + ": the expert returned null", null);
      }
      return result;
    }
  }

  /** Experts in the order of their ids. */
  record Experts(List<Body> bodies, Mixture.Weighting weighting) implements Device.ExpertSet {

    /**
     * {@code out[r] = sum over slots of weight x expert(in[r])}, or of {@code expert(weight x
     * in[r])}. Each expert runs once, on all rows that chose it; the sum is taken afterwards, in
     * slot order and double precision, so that it does not depend on the grouping.
     */
    void apply(Routing routing, int rows, float[][] in, float[][] out) {
      float[][][] outputs = new float[rows][][];
      List<List<RowSlot>> chosen = new ArrayList<>();
      bodies.forEach(body -> chosen.add(new ArrayList<>()));
      for (int row = 0; row < rows; row++) {
        outputs[row] = new float[routing.count(row)][out[row].length];
        for (int slot = 0; slot < routing.count(row); slot++) {
          chosen.get(routing.expert(row, slot)).add(new RowSlot(row, slot));
        }
      }
      for (int expert = 0; expert < bodies.size(); expert++) {
        List<RowSlot> group = chosen.get(expert);
        if (!group.isEmpty()) {
          float[][] from =
              group.stream().map(each -> input(routing, each, in)).toArray(float[][]::new);
          float[][] to =
              group.stream().map(each -> outputs[each.row][each.slot]).toArray(float[][]::new);
          bodies.get(expert).apply(group.size(), from, to);
        }
      }
      for (int row = 0; row < rows; row++) {
        for (int i = 0; i < out[row].length; i++) {
          double sum = 0;
          for (int slot = 0; slot < outputs[row].length; slot++) {
            double weight = weighting == Weighting.OUTPUT ? routing.weight(row, slot) : 1;
            sum += weight * outputs[row][slot][i];
          }
          out[row][i] = (float) sum;
        }
      }
    }

    private float[] input(Routing routing, RowSlot entry, float[][] in) {
      if (weighting == Weighting.OUTPUT) {
        return in[entry.row];
      }
      float[] scaled = in[entry.row].clone();
      for (int i = 0; i < scaled.length; i++) {
        scaled[i] *= routing.weight(entry.row, entry.slot);
      }
      return scaled;
    }

    private record RowSlot(int row, int slot) {}
  }
}
