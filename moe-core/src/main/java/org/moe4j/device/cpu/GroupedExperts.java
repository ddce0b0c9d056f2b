// SPDX-License-Identifier: Apache-2.0
package org.moe4j.device.cpu;

import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.moe4j.Routing;
import org.moe4j.model.Mixture.Weighting;

/**
 * Runs feed-forwards on groups of rows. Every choice of an expert by a row is an entry; entries are
 * sorted by expert, so that each expert runs once for all its rows. The outputs of a row's entries
 * are summed afterwards, in slot order, so that the result does not depend on the grouping.
 */
final class GroupedExperts {

  private final Workers workers;
  private @Nullable CpuRows gated;
  private @Nullable CpuRows raised;
  private @Nullable CpuRows outputs;
  private @Nullable CpuRows inputs;
  private int[] starts = new int[0];
  private int[] rowOf = new int[0];
  private int[] entryOf = new int[0];
  private long[] firstItem = new long[0];

  GroupedExperts(Workers workers) {
    this.workers = workers;
  }

  /** {@code out[r] = body(in[r])} for all rows. */
  void apply(CpuFeedForward body, int rows, CpuRows in, CpuRows out) {
    reserve(rows, 1);
    starts[0] = 0;
    starts[1] = rows;
    for (int row = 0; row < rows; row++) {
      rowOf[row] = row;
    }
    run(List.of(body), rows, in.capacity(), in, out);
    out.written();
  }

  /**
   * {@code out[r] = sum over slots of weight x experts[id](in[r])}, or of {@code experts[id](weight
   * x in[r])}.
   */
  void apply(
      List<CpuFeedForward> experts,
      Weighting weighting,
      Routing routing,
      int rows,
      CpuRows in,
      CpuRows out) {
    int entries = sort(routing, rows, experts.size());
    // Room for the most there can be with this routing, so that it is allocated once.
    int capacity = Math.multiplyExact(in.capacity(), routing.slots());
    CpuRows partial = CpuRows.atLeast(outputs, Math.max(capacity, entries), out.width());
    outputs = partial;
    if (weighting == Weighting.INPUT) {
      CpuRows scaled = scaleInputs(routing, rows, partial.capacity(), in);
      run(experts, entries, partial.capacity(), scaled, partial);
    } else {
      run(experts, rows, partial.capacity(), in, partial);
    }
    workers.runRows(
        rows,
        (worker, from, to) -> {
          for (int row = (int) from; row < to; row++) {
            sum(weighting, routing, row, partial, out);
          }
        });
    out.written();
  }

  /** A row for each entry: its input times its weight. */
  private CpuRows scaleInputs(Routing routing, int rows, int capacity, CpuRows in) {
    int width = in.width();
    CpuRows scaled = CpuRows.atLeast(inputs, capacity, width);
    inputs = scaled;
    for (int row = 0; row < rows; row++) {
      for (int slot = 0; slot < routing.count(row); slot++) {
        int entry = entryOf[row * routing.slots() + slot];
        rowOf[entry] = entry;
        System.arraycopy(in.values(), row * width, scaled.values(), entry * width, width);
        workers
            .kernels()
            .rows()
            .scale(routing.weight(row, slot), scaled.values(), entry * width, width);
      }
    }
    scaled.written();
    return scaled;
  }

  private void sum(Weighting weighting, Routing routing, int row, CpuRows partial, CpuRows out) {
    int width = out.width();
    Arrays.fill(out.values(), row * width, (row + 1) * width, 0);
    for (int slot = 0; slot < routing.count(row); slot++) {
      int entry = entryOf[row * routing.slots() + slot];
      workers
          .kernels()
          .rows()
          .addScaled(
              weighting == Weighting.OUTPUT ? routing.weight(row, slot) : 1,
              partial.values(),
              entry * width,
              out.values(),
              row * width,
              width);
    }
  }

  private void reserve(int entries, int experts) {
    if (starts.length < experts + 2) {
      starts = new int[experts + 2];
      firstItem = new long[experts + 1];
    }
    if (rowOf.length < entries) {
      rowOf = new int[entries];
    }
  }

  /** Sorts the entries by expert, and within an expert by row. */
  private int sort(Routing routing, int rows, int experts) {
    int slots = routing.slots();
    int most = Math.multiplyExact(rows, slots);
    reserve(most, experts);
    if (entryOf.length < most) {
      entryOf = new int[most];
    }
    Arrays.fill(starts, 0, experts + 2, 0);
    for (int row = 0; row < rows; row++) {
      for (int slot = 0; slot < routing.count(row); slot++) {
        starts[routing.expert(row, slot) + 2]++;
      }
    }
    for (int i = 2; i < experts + 2; i++) {
      starts[i] += starts[i - 1];
    }
    // starts[e + 1] is where the next entry of expert e goes, and in the end where those of expert
    // e + 1 begin.
    for (int row = 0; row < rows; row++) {
      for (int slot = 0; slot < routing.count(row); slot++) {
        int entry = starts[routing.expert(row, slot) + 1]++;
        rowOf[entry] = row;
        entryOf[row * slots + slot] = entry;
      }
    }
    return starts[experts];
  }

  /**
   * Output row {@code i} is that of entry {@code i}; the entries of expert {@code e} begin at
   * {@code starts[e]}.
   */
  private void run(List<CpuFeedForward> experts, int rows, int capacity, CpuRows in, CpuRows out) {
    for (int e = 0; e < experts.size(); e++) {
      if (used(e) && experts.get(e) instanceof CpuFeedForward.Custom custom) {
        custom.apply(in, rowOf, starts[e], starts[e + 1], out);
      }
    }
    // All that a model has in one layer are of one shape, but not necessarily of one type.
    int between = 0;
    boolean readsQuantized = false;
    boolean givesQuantized = false;
    for (int e = 0; e < experts.size(); e++) {
      if (used(e) && experts.get(e) instanceof CpuFeedForward.Gated body) {
        between = body.between();
        readsQuantized |= body.quantized();
        givesQuantized |= body.down().tiles().quantized();
      }
    }
    if (between > 0) {
      workers.prepare(in, rows, readsQuantized);
      runGated(experts, capacity, between, givesQuantized, in, out);
    }
  }

  private boolean used(int expert) {
    return starts[expert + 1] > starts[expert];
  }

  private void runGated(
      List<CpuFeedForward> experts,
      int capacity,
      int between,
      boolean givesQuantized,
      CpuRows in,
      CpuRows out) {
    CpuRows low = CpuRows.atLeast(gated, capacity, between);
    CpuRows high = CpuRows.atLeast(raised, capacity, between);
    gated = low;
    raised = high;
    if (givesQuantized) {
      low.allocateQuantized(workers.kernels());
    }
    workers.run(
        countItems(experts, Math.ceilDiv(between, Tiles.BAND)),
        1,
        (worker, from, to) -> {
          for (long item = from; item < to; item++) {
            int e = expertOf(item, experts.size());
            ((CpuFeedForward.Gated) experts.get(e))
                .raise(
                    workers.kernels(),
                    (int) (item - firstItem[e]),
                    in,
                    rowOf,
                    starts[e],
                    starts[e + 1],
                    low,
                    high,
                    workers.scratch(worker));
          }
        });
    int[] entries = workers.identity(starts[experts.size()]);
    workers.run(
        countItems(experts, Math.ceilDiv(out.width(), Tiles.BAND)),
        1,
        (worker, from, to) -> {
          for (long item = from; item < to; item++) {
            int e = expertOf(item, experts.size());
            ((CpuFeedForward.Gated) experts.get(e))
                .down()
                .band(
                    workers.kernels(),
                    (int) (item - firstItem[e]),
                    low,
                    entries,
                    starts[e],
                    starts[e + 1],
                    out,
                    workers.scratch(worker));
          }
        });
  }

  /** The bands of all experts that run, one after the other. */
  private long countItems(List<CpuFeedForward> experts, int bands) {
    for (int e = 0; e < experts.size(); e++) {
      boolean runs = used(e) && experts.get(e) instanceof CpuFeedForward.Gated;
      firstItem[e + 1] = firstItem[e] + (runs ? bands : 0);
    }
    return firstItem[experts.size()];
  }

  /** The expert whose band an item is. */
  private int expertOf(long item, int experts) {
    int low = 0;
    int high = experts - 1;
    while (low < high) {
      int middle = (low + high) >>> 1;
      if (firstItem[middle + 1] <= item) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low;
  }
}
