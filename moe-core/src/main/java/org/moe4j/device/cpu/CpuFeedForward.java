// SPDX-License-Identifier: Apache-2.0
package org.moe4j.device.cpu;

import org.moe4j.Expert;
import org.moe4j.MixtureException;
import org.moe4j.device.Device;
import org.moe4j.model.Activation;
import org.moe4j.model.GatedFeedForward;

/** A feed-forward on this device: a model's own, or a caller's, which is called on the host. */
sealed interface CpuFeedForward extends Device.FeedForwardWeights {

  /**
   * {@code down(activation(gate(x), up(x)))}.
   *
   * @param gate hidden to intermediate
   * @param up hidden to intermediate
   * @param down intermediate to hidden
   * @param activation how the two branches are joined
   */
  record Gated(CpuLinear gate, CpuLinear up, CpuLinear down, Activation activation)
      implements CpuFeedForward {

    static Gated load(GatedFeedForward body, NativeMemory memory, Loops loops) {
      return new Gated(
          CpuLinear.load(body.gate(), memory, loops),
          CpuLinear.load(body.up(), memory, loops),
          CpuLinear.load(body.down(), memory, loops),
          body.activation());
    }

    /** Width of the rows between. */
    int between() {
      return gate.tiles().outputs();
    }

    /** Whether it reads the quantised form of its input. */
    boolean quantized() {
      return gate.tiles().quantized() || up.tiles().quantized();
    }

    /**
     * One band of {@code activation(gate(x), up(x))}, and its quantised form where {@code down}
     * reads that.
     */
    void raise(
        Kernels kernels,
        int band,
        CpuRows in,
        int[] rows,
        int from,
        int to,
        CpuRows gated,
        CpuRows raised,
        Scratch scratch) {
      gate.band(kernels, band, in, rows, from, to, gated, scratch);
      up.band(kernels, band, in, rows, from, to, raised, scratch);
      int width = gate.tiles().width(band);
      int first = band * Tiles.BAND;
      for (int i = from; i < to; i++) {
        int at = i * gated.width() + first;
        join(kernels.rows(), gated.values(), raised.values(), at, width);
        if (down.tiles().quantized()) {
          gated.quantized().quantize(kernels, gated.values(), i, first, first + width);
        }
      }
    }

    private void join(RowMath rows, float[] gate, float[] up, int at, int count) {
      switch (activation) {
        case Activation.Silu() -> rows.gate(gate, up, at, count);
        case Activation.Gelu() -> rows.gateGelu(gate, up, at, count);
        case Activation.ClampedSwiGlu(float alpha, float limit) ->
            rows.gateClamped(gate, up, at, count, alpha, limit);
      }
    }
  }

  /**
   * A caller's code.
   *
   * @param expert hidden rows to hidden rows
   * @param where layer and index, for messages
   */
  record Custom(Expert expert, String where) implements CpuFeedForward {

    /**
     * Calls it with the rows {@code rows[from]} to {@code rows[to - 1]}; output row {@code i} is
     * that of {@code rows[i]}.
     */
    void apply(CpuRows in, int[] rows, int from, int to, CpuRows out) {
      int width = in.width();
      float[] hidden = new float[Math.multiplyExact(to - from, width)];
      for (int i = from; i < to; i++) {
        System.arraycopy(in.values(), rows[i] * width, hidden, (i - from) * width, width);
      }
      float[] result = call(hidden, to - from);
      if (result.length != (to - from) * width) {
        throw new MixtureException.Failed(
            "%s: expected %d rows of %d values, %d in all, but the expert returned %d"
                .formatted(where, to - from, width, (to - from) * width, result.length),
            null);
      }
      System.arraycopy(result, 0, out.values(), from * width, result.length);
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
}
