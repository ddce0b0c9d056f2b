// SPDX-License-Identifier: Apache-2.0
package org.moe4j.device;

import com.google.common.primitives.ImmutableIntArray;
import java.util.List;

/**
 * The rows of one step: segments of one or more sequences, one after the other. Prefill, decode and
 * any mix of callers are one case.
 *
 * <p>Immutable but for the pages behind its sequences. Segments of one batch belong to different
 * sequences.
 */
public final class Batch {

  private final List<Segment> segments;
  private final int rows;
  private final int[] tokens;
  private final int[] positions;
  private final int[] announced;
  private final int[] logitRows;

  /**
   * A part of a batch: consecutive positions of one sequence.
   *
   * @param sequence gives the pages, which reach to the last position of the segment
   * @param start position of the first row
   * @param tokens token ids, one a row
   * @param logits which of the rows want logits, counted from the end: 0 for none, 1 for the last,
   *     ...
   */
  public record Segment(Pages sequence, int start, ImmutableIntArray tokens, int logits) {

    /** Number of rows. */
    public int rows() {
      return tokens.length();
    }
  }

  /** The state of a sequence: its pages in the order of positions, and what it has as a whole. */
  @FunctionalInterface
  public interface Pages {
    /**
     * A page.
     *
     * @param index page {@code index} holds the positions from {@code index *
     *     CacheLayout.positions()}
     */
    Device.Page page(int index);

    /**
     * Positions that the sequence was announced with before its first, 0 if nothing was known; the
     * same for all its steps.
     */
    default int announced() {
      return 0;
    }

    /** The state of the recurrent layers of a model that has any. */
    default Device.Recurrent recurrent() {
      throw new IllegalStateException("the sequence has no recurrent state");
    }
  }

  /**
   * Puts segments together.
   *
   * @param segments the segments, not copied deeply
   */
  public Batch(List<Segment> segments) {
    this.segments = List.copyOf(segments);
    int total = 0;
    int wanted = 0;
    for (Segment segment : segments) {
      total += segment.rows();
      wanted += segment.logits();
    }
    rows = total;
    tokens = new int[total];
    positions = new int[total];
    announced = new int[total];
    logitRows = new int[wanted];
    int row = 0;
    int chosen = 0;
    for (Segment segment : segments) {
      for (int i = 0; i < segment.rows(); i++, row++) {
        tokens[row] = segment.tokens().get(i);
        positions[row] = segment.start() + i;
        announced[row] = segment.sequence().announced();
        if (i >= segment.rows() - segment.logits()) {
          logitRows[chosen++] = row;
        }
      }
    }
  }

  /** The segments, in the order of their rows. */
  public List<Segment> segments() {
    return segments;
  }

  /** Number of rows. */
  public int rows() {
    return rows;
  }

  /**
   * Token id of a row.
   *
   * @param row {@code 0 <= row < rows()}
   */
  public int token(int row) {
    return tokens[row];
  }

  /**
   * Position of a row in its sequence.
   *
   * @param row {@code 0 <= row < rows()}
   */
  public int position(int row) {
    return positions[row];
  }

  /**
   * Positions that the sequence of a row was announced with, 0 if nothing was known.
   *
   * @param row {@code 0 <= row < rows()}
   */
  public int announced(int row) {
    return announced[row];
  }

  /** Number of rows that want logits. */
  public int logits() {
    return logitRows.length;
  }

  /**
   * A row that wants logits.
   *
   * @param index {@code 0 <= index < logits()}, in the order of rows
   */
  public int logitRow(int index) {
    return logitRows[index];
  }

  /** Token ids of all rows; a copy. */
  public int[] tokens() {
    return tokens.clone();
  }

  /** Positions of all rows; a copy. */
  public int[] positions() {
    return positions.clone();
  }
}
