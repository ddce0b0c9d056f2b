// SPDX-License-Identifier: Apache-2.0
package org.moe4j.device.cpu;

import org.moe4j.device.Batch;
import org.moe4j.device.HeapRecurrent;

/**
 * The states of a recurrent layer's heads: of each head a matrix of {@code size} rows, in tiles of
 * up to {@link Recurrence#COLUMNS} columns. A tile sees the positions of its sequence in order,
 * whatever the others do.
 *
 * @param first index of the first state in a sequence's block
 * @param heads number of heads
 * @param size rows of a head's state
 * @param columns columns of a head's state
 */
record HeadStates(int first, int heads, int size, int columns) {

  /** One position of one tile. */
  @FunctionalInterface
  interface Step {
    /**
     * Does it.
     *
     * @param row row of the batch
     * @param head the head
     * @param column the head's column where the tile begins
     * @param state the sequence's block
     * @param at index of the tile in it
     * @param width columns of the tile
     */
    void run(int row, int head, int column, float[] state, int at, int width);
  }

  /** Takes all rows of a batch through all tiles. */
  void run(Workers workers, int layer, Batch batch, Step step) {
    int tiles = Math.ceilDiv(columns, Recurrence.COLUMNS);
    int[] starts = new int[batch.segments().size()];
    for (int i = 1; i < starts.length; i++) {
      starts[i] = starts[i - 1] + batch.segments().get(i - 1).rows();
    }
    long each = (long) heads * tiles;
    workers.run(
        starts.length * each,
        1,
        (worker, from, to) -> {
          for (long i = from; i < to; i++) {
            int segment = (int) (i / each);
            int head = (int) (i % each) / tiles;
            int column = (int) (i % each) % tiles * Recurrence.COLUMNS;
            tile(layer, batch.segments().get(segment), starts[segment], head, column, step);
          }
        });
  }

  private void tile(int layer, Batch.Segment segment, int start, int head, int column, Step step) {
    float[] state = HeapRecurrent.of(segment, layer);
    int at = first + (head * columns + column) * size;
    int width = Math.min(columns - column, Recurrence.COLUMNS);
    for (int row = start; row < start + segment.rows(); row++) {
      step.run(row, head, column, state, at, width);
    }
  }
}
