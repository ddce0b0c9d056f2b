// SPDX-License-Identifier: Apache-2.0
package org.moe4j;

import java.util.Objects;

/**
 * The router logits of a range of rows of one layer: {@code rows x experts}, one row a token, with
 * each row's token id and position.
 *
 * <p>A view: it does not copy what it is made from and is valid as long as that. Logits may be any
 * float, NaN and infinities included.
 */
public final class RouterLogits {

  private final int layer;
  private final int experts;
  private final float[] logits;
  private final int[] tokens;
  private final int[] positions;
  private final int first;
  private final int rows;

  private RouterLogits(
      int layer, int experts, float[] logits, int[] tokens, int[] positions, int first, int rows) {
    this.layer = layer;
    this.experts = experts;
    this.logits = logits;
    this.tokens = tokens;
    this.positions = positions;
    this.first = first;
    this.rows = rows;
  }

  /**
   * A view over row-major logits.
   *
   * @param layer the layer that the router belongs to
   * @param experts number of experts, the width of a row
   * @param logits at least {@code tokens.length x experts} values
   * @param tokens token id of each row
   * @param positions position of each row in its sequence, from 0
   */
  public static RouterLogits of(
      int layer, int experts, float[] logits, int[] tokens, int[] positions) {
    if (experts < 1
        || positions.length != tokens.length
        || logits.length < Math.multiplyExact(tokens.length, experts)) {
      throw new IllegalArgumentException(
          "expected rows x experts logits and a token and position a row, got %d experts, %d logits, %d tokens, %d positions"
              .formatted(experts, logits.length, tokens.length, positions.length));
    }
    return new RouterLogits(layer, experts, logits, tokens, positions, 0, tokens.length);
  }

  /**
   * The rows {@code from <= row < to} as a view of their own.
   *
   * @param from first row
   * @param to row after the last
   */
  public RouterLogits range(int from, int to) {
    Objects.checkFromToIndex(from, to, rows);
    return new RouterLogits(layer, experts, logits, tokens, positions, first + from, to - from);
  }

  /** A copy with other logits for the same rows, row-major; used by wrappers that mask or shift. */
  RouterLogits with(float[] replacement) {
    int[] rowTokens = new int[rows];
    int[] rowPositions = new int[rows];
    System.arraycopy(tokens, first, rowTokens, 0, rows);
    System.arraycopy(positions, first, rowPositions, 0, rows);
    return new RouterLogits(layer, experts, replacement, rowTokens, rowPositions, 0, rows);
  }

  /** The layer that the router belongs to. */
  public int layer() {
    return layer;
  }

  /** Number of rows. */
  public int rows() {
    return rows;
  }

  /** Number of experts, the width of a row. */
  public int experts() {
    return experts;
  }

  /**
   * One logit.
   *
   * @param row {@code 0 <= row < rows()}
   * @param expert {@code 0 <= expert < experts()}
   */
  public float get(int row, int expert) {
    return logits[
        Objects.checkIndex(row, rows) * experts
            + first * experts
            + Objects.checkIndex(expert, experts)];
  }

  /**
   * Copies one row of logits.
   *
   * @param row {@code 0 <= row < rows()}
   * @param into receives {@code experts()} values from index 0
   */
  public void copyRow(int row, float[] into) {
    System.arraycopy(logits, (first + Objects.checkIndex(row, rows)) * experts, into, 0, experts);
  }

  /**
   * The token id of a row.
   *
   * @param row {@code 0 <= row < rows()}
   */
  public int token(int row) {
    return tokens[first + Objects.checkIndex(row, rows)];
  }

  /**
   * The position of a row in its sequence, from 0.
   *
   * @param row {@code 0 <= row < rows()}
   */
  public int position(int row) {
    return positions[first + Objects.checkIndex(row, rows)];
  }
}
