// SPDX-License-Identifier: Apache-2.0
package org.moe4j.device.cpu;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** The pool with what each of its workers computes with. Used by one thread at a time. */
final class Workers implements AutoCloseable {

  /** Rows whose quantisation or norm is worth waking other threads for. */
  private static final int ROWS_EACH = 4;

  private final WorkerPool pool;
  private final Scratch[] scratches;
  private final Kernels kernels;
  private int[] identity = new int[0];

  Workers(Kernels kernels, WorkerPool pool) {
    this.kernels = kernels;
    this.pool = pool;
    scratches = new Scratch[pool.threads()];
    Arrays.setAll(scratches, i -> new Scratch());
  }

  Kernels kernels() {
    return kernels;
  }

  int threads() {
    return pool.threads();
  }

  Scratch scratch(int worker) {
    return scratches[worker];
  }

  void run(long count, long each, WorkerPool.Task body) {
    pool.run(count, each, body);
  }

  /** Runs something for each row, on the calling thread if they are few. */
  void runRows(int rows, WorkerPool.Task body) {
    pool.run(rows, ROWS_EACH, body);
  }

  /** The numbers from 0, at least so many. */
  int[] identity(int count) {
    if (identity.length < count) {
      identity = new int[count];
      Arrays.setAll(identity, i -> i);
    }
    return identity;
  }

  /** Quantises the first rows if something needs that and it has not been done yet. */
  void prepare(CpuRows in, int rows, boolean quantized) {
    if (!quantized || in.quantizedRows() >= rows) {
      return;
    }
    in.allocateQuantized(kernels);
    QuantizedRows to = in.quantized();
    runRows(
        rows,
        (worker, first, end) -> {
          for (int row = (int) first; row < end; row++) {
            to.quantize(kernels, in.values(), row, 0, in.width());
          }
        });
    in.setQuantizedRows(rows);
  }

  /** {@code out[r] = linear(in[r])}. */
  void linear(CpuLinear linear, int rows, CpuRows in, CpuRows out) {
    prepare(in, rows, linear.tiles().quantized());
    int[] all = identity(rows);
    run(
        linear.tiles().bands(),
        1,
        (worker, first, end) -> {
          for (int band = (int) first; band < end; band++) {
            linear.band(kernels, band, in, all, 0, rows, out, scratches[worker]);
          }
        });
    out.written();
  }

  /**
   * Several maps of the same rows in one loop: {@code out[i][r] = linears[i](in[r])}.
   *
   * @param linears the maps; null for none
   * @param rows number of rows
   * @param in input rows
   * @param out output rows of each map
   */
  void linears(@Nullable CpuLinear[] linears, int rows, CpuRows in, @Nullable CpuRows[] out) {
    boolean quantized = false;
    int bands = 0;
    for (CpuLinear linear : linears) {
      if (linear != null) {
        quantized |= linear.tiles().quantized();
        bands += linear.tiles().bands();
      }
    }
    prepare(in, rows, quantized);
    int[] all = identity(rows);
    run(
        bands,
        1,
        (worker, first, end) -> {
          for (int band = (int) first; band < end; band++) {
            int own = band;
            int i = 0;
            while (linears[i] == null || own >= linears[i].tiles().bands()) {
              own -= linears[i] == null ? 0 : linears[i].tiles().bands();
              i++;
            }
            linears[i].band(kernels, own, in, all, 0, rows, out[i], scratches[worker]);
          }
        });
    for (CpuRows written : out) {
      if (written != null) {
        written.written();
      }
    }
  }

  @Override
  public void close() {
    pool.close();
  }
}
