// SPDX-License-Identifier: Apache-2.0
package org.moe4j;

import java.util.HashSet;
import java.util.Objects;
import java.util.Set;

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
  private final Set<Integer> leftOut;
  private final int first;
  private final int rows;

  private RouterLogits(
      int layer,
      int experts,
      float[] logits,
      int[] tokens,
      int[] positions,
      Set<Integer> leftOut,
      int first,
      int rows) {
    this.layer = layer;
    this.experts = experts;
    this.logits = logits;
    this.tokens = tokens;
    this.positions = positions;
    this.leftOut = leftOut;
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
    return new RouterLogits(layer, experts, logits, tokens, positions, Set.of(), 0, tokens.length);
  }

  /**
   * The rows {@code from <= row < to} as a view of their own.
   *
   * @param from first row
   * @param to row after the last
   */
  public RouterLogits range(int from, int to) {
    Objects.checkFromToIndex(from, to, rows);
    return new RouterLogits(
        layer, experts, logits, tokens, positions, leftOut, first + from, to - from);
  }

  /**
   * The same rows without some experts: {@link #available} is false for them and their logits read
   * minus infinity. For the others what is NaN or minus infinity reads as the lowest finite float,
   * so that whatever is left ranks above what is left out.
   *
   * @param out ids that must not be chosen; those out of range are ignored
   */
  RouterLogits without(Set<Integer> out) {
    Set<Integer> all = out;
    if (!leftOut.isEmpty()) {
      all = new HashSet<>(leftOut);
      all.addAll(out);
    }
    return new RouterLogits(layer, experts, logits, tokens, positions, all, first, rows);
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
    float logit =
        logits[
            (first + Objects.checkIndex(row, rows)) * experts
                + Objects.checkIndex(expert, experts)];
    return leftOut.isEmpty() ? logit : masked(logit, expert);
  }

  /**
   * Copies one row of logits.
   *
   * @param row {@code 0 <= row < rows()}
   * @param into receives {@code experts()} values from index 0
   */
  public void copyRow(int row, float[] into) {
    System.arraycopy(logits, (first + Objects.checkIndex(row, rows)) * experts, into, 0, experts);
    if (!leftOut.isEmpty()) {
      for (int expert = 0; expert < experts; expert++) {
        into[expert] = masked(into[expert], expert);
      }
    }
  }

  /**
   * Whether an expert may be chosen; false for one that {@link Routers#without} leaves out.
   *
   * @param expert {@code 0 <= expert < experts()}
   */
  public boolean available(int expert) {
    return leftOut.isEmpty() || !leftOut.contains(Objects.checkIndex(expert, experts));
  }

  private float masked(float logit, int expert) {
    if (leftOut.contains(expert)) {
      return Float.NEGATIVE_INFINITY;
    }
    return logit >= -Float.MAX_VALUE ? logit : -Float.MAX_VALUE;
  }

  /**
   * One row as the built-in rules read it: NaN is taken as minus infinity, and NaN stands for what
   * may not be chosen.
   */
  void copyScores(int row, float[] into) {
    System.arraycopy(logits, (first + Objects.checkIndex(row, rows)) * experts, into, 0, experts);
    for (int expert = 0; expert < experts; expert++) {
      if (Float.isNaN(into[expert])) {
        into[expert] = Float.NEGATIVE_INFINITY;
      }
    }
    for (int expert = 0; !leftOut.isEmpty() && expert < experts; expert++) {
      if (leftOut.contains(expert)) {
        into[expert] = Float.NaN;
      }
    }
  }

  /** One logit as the built-in rules read it: NaN is taken as minus infinity. */
  float score(int row, int expert) {
    float logit = logits[(first + row) * experts + expert];
    return Float.isNaN(logit) ? Float.NEGATIVE_INFINITY : logit;
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
